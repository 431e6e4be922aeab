import { ApiError } from '../kit/api-error.ts';
import type { GrpcService } from '../kit/grpc.ts';
import { mixinProtos } from '../kit/protos.ts';
import type { KeyAccess } from './key-access.ts';

/** Locations in which keys can be made here: the project's own and the multi-regional ones its datasets may use. */
export function locationService(access: KeyAccess, location: string): GrpcService {
  const locationIds = [...new Set([location, 'global', 'us', 'europe'])];
  const shown = (project: string, locationId: string) => ({ name: `${project}/locations/${locationId}`, locationId });
  return {
    type: mixinProtos('locations').lookupService('google.cloud.location.Locations'),
    unary: {
      ListLocations({ name }: { name: string }, caller) {
        access.require(caller, 'cloudkms.locations.list', name);
        return { locations: locationIds.map((id) => shown(name, id)) };
      },
      GetLocation({ name }: { name: string }, caller) {
        access.require(caller, 'cloudkms.locations.get', name);
        const { project, id } = /^(?<project>.*)\/locations\/(?<id>[^/]+)$/.exec(name)?.groups ?? {};
        if (!project || !id || !locationIds.includes(id)) throw new ApiError(404, `Location ${name} not found.`);
        return shown(project, id);
      },
    },
  };
}

import type { ApiRequest, ApiRoute } from '../kit/api-server.ts';
import type { Iam } from './iam.ts';
import { projectId, requirePermission, route } from './requests.ts';

const SERVICE = '/v1/projects/(?<project>[^/]+?)/services/(?<service>[^/:]+)';

/** Service Usage v1: which APIs a project has switched on. */
export function serviceRoutes(iam: Iam): ApiRoute[] {
  const { services, projects } = iam.internals;
  const named = ({ caller, params }: ApiRequest, verb: string) => {
    const project = projectId(iam, caller, params['project']);
    requirePermission(iam, caller, `serviceusage.services.${verb}`, `projects/${project}`);
    return { project, service: params['service'] ?? '' };
  };
  const described = (project: string, service: string): object => {
    const parent = `projects/${projects.ensure(project).number}`;
    const state = services.isEnabled(project, service) ? 'ENABLED' : 'DISABLED';
    return { name: `${parent}/services/${service}`, parent, config: { name: service }, state };
  };
  const switching = (verb: 'enable' | 'disable'): ApiRoute =>
    route('POST', new RegExp(`^${SERVICE}:${verb}$`), `services.${verb}`, (request) => {
      const { project, service } = named(request, verb);
      services.setEnabled(project, service, verb === 'enable');
      const kind = verb === 'enable' ? 'EnableServiceResponse' : 'DisableServiceResponse';
      const type = `type.googleapis.com/google.api.serviceusage.v1.${kind}`;
      // A long-running operation, done at once.
      return {
        body: {
          name: 'operations/noop.DONE_OPERATION',
          done: true,
          response: { '@type': type, service: described(project, service) },
        },
      };
    });
  return [
    route('GET', new RegExp(`^${SERVICE}$`), 'services.get', (request) => {
      const { project, service } = named(request, 'get');
      return { body: described(project, service) };
    }),
    switching('enable'),
    switching('disable'),
  ];
}

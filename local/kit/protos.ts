import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { protobuf } from 'google-gax';

const require = createRequire(import.meta.url);

/** A request or response as handlers see it: camelCase fields, int64 and enums as text, bytes as Buffer, defaults filled in. */
export type Message = Record<string, unknown>;

/** Protos that an official client package ships, as a protobufjs root. */
export function packagedProtos(name: '@google-cloud/kms' | '@google-cloud/pubsub'): protobuf.Root {
  return resolved(protobuf.Root.fromJSON(require(`${name}/build/protos/protos.json`)));
}

/** Protos of the mixins that every Google API carries: IAM policies and locations. */
export function mixinProtos(name: 'iam_service' | 'locations'): protobuf.Root {
  // google-gax exports no subpath for its protos, so they are found beside its entry.
  const file = path.join(path.dirname(require.resolve('google-gax')), '..', 'protos', `${name}.json`);
  return resolved(protobuf.Root.fromJSON(JSON.parse(readFileSync(file, 'utf8'))));
}

function resolved(root: protobuf.Root): protobuf.Root {
  root.resolveAll();
  return root;
}

export function toMessage(type: protobuf.Type, decoded: protobuf.Message): Message {
  return type.toObject(decoded, { longs: String, enums: String, defaults: true, arrays: true });
}

export function fromMessage(type: protobuf.Type, message: object): protobuf.Message {
  return type.fromObject(message);
}

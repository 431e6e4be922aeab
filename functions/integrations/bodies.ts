import { Type, type Static } from '@sinclair/typebox';
import { ServiceError } from '../../shared/platform/errors.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { createAjv, type ValidateFunction } from '../../shared/providers/schema-validator.ts';
import { schemaFaults } from '../../shared/providers/schema-faults.ts';

const AnyObject = (description: string) => Type.Object({}, { additionalProperties: true, description });

const Fields = {
  credentials: Type.Optional(AnyObject("The provider's own fields, such as a service account JSON or {api_key}.")),
  metadata: Type.Optional(AnyObject('What else is known about the integration; shown to every viewer.')),
  label: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Null()], { description: 'A name for people.' }),
  ),
  expires_at: Type.Optional(
    Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'When the credential runs out.' }),
  ),
};

/** Body of a setup; what `credentials` and `metadata` hold is for the provider's own schemas. */
export const SetupBody = Type.Object(Fields, { additionalProperties: false });

/** Body of a change: what it leaves out stays; null clears a label or an expiry. */
export const UpdateBody = Type.Object(Fields, { additionalProperties: false, minProperties: 1 });

export interface ParsedSetup {
  readonly credentials: Secret | undefined;
  readonly metadata: unknown;
  readonly label: string | null;
  readonly expiresAt: string | null;
}

/** Undefined is what the body does not mention. */
export interface ParsedUpdate {
  readonly credentials: Secret | undefined;
  readonly metadata: unknown;
  readonly label: string | null | undefined;
  readonly expiresAt: string | null | undefined;
}

const ajv = createAjv();
const checkSetup = ajv.compile<Static<typeof SetupBody>>(SetupBody);
const checkUpdate = ajv.compile<Static<typeof UpdateBody>>(UpdateBody);

/** @throws ServiceError `invalid_request` with one entry per fault. */
export function parseSetup(body: unknown): ParsedSetup {
  const { credentials, metadata, label, expires_at } = parse(checkSetup, body ?? {});
  return {
    credentials: credentials && Secret.of<unknown>(credentials),
    metadata,
    label: label ?? null,
    expiresAt: expires_at ? instant(expires_at) : null,
  };
}

/** @throws ServiceError `invalid_request` with one entry per fault. */
export function parseUpdate(body: unknown): ParsedUpdate {
  const { credentials, metadata, label, expires_at } = parse(checkUpdate, body ?? {});
  return {
    credentials: credentials && Secret.of<unknown>(credentials),
    metadata,
    label,
    expiresAt: expires_at ? instant(expires_at) : expires_at,
  };
}

function parse<T>(check: ValidateFunction<T>, body: unknown): T {
  if (check(body)) return body;
  const faults = schemaFaults(check.errors ?? [], '');
  throw new ServiceError('invalid_request', 'The body has fields that are not as they should be; see errors', {
    faults,
  });
}

/** The same instant in UTC. RFC 3339 also writes leap seconds and years that neither a Date nor a warehouse can hold. */
function instant(text: string): string {
  const date = new Date(text);
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9999) return date.toISOString();
  const message = 'This time does not exist or is too far away';
  const faults = [
    { pointer: '/expires_at', code: 'out_of_range', message, hint: 'Write a time such as 2027-01-31T00:00:00Z.' },
  ];
  throw new ServiceError('invalid_request', 'The body has fields that are not as they should be; see errors', {
    faults,
  });
}

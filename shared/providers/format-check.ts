import { canonicalJson } from '../credentials/canonical-json.ts';
import { ServiceError, type FieldFault } from '../platform/errors.ts';
import { Secret } from '../platform/secret.ts';
import { distinctFaults } from './distinct-faults.ts';
import { ociApiKeyFaults } from './oci-api-key.ts';
import type { JsonSchema } from './provider-spec.ts';
import type { Provider, Registry } from './registry.ts';
import { schemaFaults } from './schema-faults.ts';
import { serviceAccountFaults } from './service-account.ts';

/** A provider's own fields; every one of them is text. */
export type Credentials = Readonly<Record<string, string>>;
export type Metadata = Readonly<Record<string, unknown>>;

export interface SubmittedInput {
  readonly credentials: Secret | undefined;
  readonly metadata: unknown;
  readonly label?: string | null | undefined;
}

export interface CheckedInput {
  /** Absent for a manual entry. */
  readonly credentials: Secret<Credentials> | undefined;
  readonly metadata: Metadata;
  /** What looks unusual but is for the provider to decide. */
  readonly warnings: readonly string[];
}

/** Together with the authenticated data this fits every protection level of Cloud KMS. */
const MAX_CREDENTIAL_BYTES = 7 * 1024;

/**
 * Checks what can be decided without asking the provider, and reports all faults together.
 *
 * @param stored - Metadata of the integration that is changed: what the input leaves out stays as it is.
 * @throws ServiceError `credential_format`, or `metadata_invalid` when only the metadata has faults.
 */
export function checkFormat(
  registry: Registry,
  provider: Provider,
  input: SubmittedInput,
  stored?: Metadata,
): CheckedInput {
  const credentials = trimmed(provider, input.credentials?.reveal());
  const credentialFaults = stored && credentials === undefined ? [] : checkCredentials(provider, credentials);
  const fromCredential = derived(provider, credentials, stored);
  const metadataFaults = [
    ...(stored && input.metadata === undefined
      ? []
      : submittedMetadataFaults(registry, provider, input, fromCredential)),
    ...secretFaults(registry, input.label, '/label'),
  ];
  const faults = [...credentialFaults, ...metadataFaults];
  if (faults.length > 0) throw refusal(provider, faults, credentialFaults.length > 0);
  const checked = credentials as Credentials | undefined;
  return {
    credentials: checked && Secret.of(checked),
    metadata: { ...((input.metadata ?? stored) as Metadata | undefined), ...fromCredential },
    warnings: checked ? unusual(provider, checked) : [],
  };
}

/** @throws ServiceError `metadata_invalid` when a label holds what looks like a secret. */
export function checkLabel(registry: Registry, provider: Provider, label: string | null | undefined): void {
  const faults = secretFaults(registry, label, '/label');
  if (faults.length > 0) throw refusal(provider, faults, false);
}

function refusal({ name }: Provider, faults: readonly FieldFault[], inCredential: boolean): ServiceError {
  return inCredential
    ? new ServiceError('credential_format', `The ${name} credential cannot be used as it is; see errors`, { faults })
    : new ServiceError('metadata_invalid', `The metadata for ${name} cannot be used as it is; see errors`, { faults });
}

interface CredentialField {
  readonly trim?: true;
  readonly warn?: readonly { readonly pattern: string; readonly say: string }[];
}

function fieldsOf(schema: JsonSchema | undefined): [string, CredentialField][] {
  return Object.entries((schema?.['properties'] ?? {}) as Record<string, CredentialField>);
}

/** Blanks around a pasted key are never part of it. */
function trimmed({ credential }: Provider, credentials: unknown): unknown {
  if (!isRecord(credentials)) return credentials;
  const copy: Record<string, unknown> = { ...credentials };
  for (const [name, { trim }] of fieldsOf(credential)) {
    const value = copy[name];
    if (trim && typeof value === 'string') copy[name] = value.trim();
  }
  return copy;
}

function checkCredentials(provider: Provider, credentials: unknown): FieldFault[] {
  if (credentials === undefined) return provider.manual_entry ? [] : [missingCredentials(provider)];
  if (!provider.checkCredential) return [unwantedCredentials(provider)];
  const known = provider.checkCredential(credentials)
    ? []
    : schemaFaults(provider.checkCredential.errors ?? [], '/credentials');
  return [...known, ...structuralFaults(provider, credentials, known), ...sizeFaults(credentials)];
}

const FORMAT_CHECKS: Readonly<
  Record<NonNullable<Provider['format_check']>, (credentials: Credentials) => FieldFault[]>
> = { service_account: serviceAccountFaults, oci_api_key: ociApiKeyFaults };

/** Faults that a schema cannot see; fields that have one already, or are no text, are left out. */
function structuralFaults(
  { format_check }: Provider,
  credentials: unknown,
  known: readonly FieldFault[],
): FieldFault[] {
  if (!format_check || !isRecord(credentials)) return [];
  const named = new Set(known.map(({ pointer }) => pointer));
  const sound = Object.entries(credentials).filter(
    ([name, value]) => typeof value === 'string' && !named.has(`/credentials/${name}`),
  );
  const faults = FORMAT_CHECKS[format_check](Object.fromEntries(sound) as Credentials);
  return faults.filter(({ pointer }) => !named.has(pointer));
}

function sizeFaults(credentials: unknown): FieldFault[] {
  if (Buffer.byteLength(canonicalJson(credentials)) <= MAX_CREDENTIAL_BYTES) return [];
  const message = `The credential is larger than ${MAX_CREDENTIAL_BYTES} bytes`;
  return [{ pointer: '/credentials', code: 'too_large', message, hint: 'Send nothing but the credential itself.' }];
}

function missingCredentials({ name, credential }: Provider): FieldFault {
  const fields = ((credential?.['required'] ?? []) as string[]).join(', ');
  return {
    pointer: '/credentials',
    code: 'required',
    message: 'credentials is missing',
    hint: `Add credentials with ${fields} of ${name}.`,
  };
}

function unwantedCredentials({ name }: Provider): FieldFault {
  return {
    pointer: '/credentials',
    code: 'unknown_field',
    message: `${name} is entered by hand and takes no credentials`,
    hint: 'Remove credentials; describe the subscription in metadata.',
  };
}

function checkMetadata({ checkMetadata: check, distinct_metadata = [] }: Provider, metadata: unknown): FieldFault[] {
  return check(metadata) ? distinctFaults(distinct_metadata, metadata) : schemaFaults(check.errors ?? [], '/metadata');
}

/** What the metadata repeats of the credential: of the submitted one, else of the stored one. */
function derived({ derived_metadata }: Provider, credentials: unknown, stored: Metadata | undefined): Metadata {
  return Object.fromEntries(
    Object.entries(derived_metadata ?? {})
      .map(([name, fields]) => [name, isRecord(credentials) ? firstOf(credentials, fields) : stored?.[name]])
      .filter(([, value]) => value !== undefined),
  ) as Metadata;
}

function submittedMetadataFaults(
  registry: Registry,
  provider: Provider,
  { metadata = {} }: SubmittedInput,
  fromCredential: Metadata,
): FieldFault[] {
  return [
    ...checkMetadata(provider, metadata),
    ...derivedFaults(provider, metadata, fromCredential),
    ...secretFaults(registry, metadata, '/metadata'),
  ];
}

/** Of `client_email|service_account` the first that the credential has. */
function firstOf(credentials: Readonly<Record<string, unknown>>, fields: string): unknown {
  return fields
    .split('|')
    .map((field) => credentials[field])
    .find((value) => value !== undefined);
}

/** Fields taken from the credential may be sent back as they were read, and not otherwise. */
function derivedFaults({ derived_metadata }: Provider, metadata: unknown, fromCredential: Metadata): FieldFault[] {
  if (!isRecord(metadata)) return [];
  return Object.entries(derived_metadata ?? {})
    .filter(([name]) => fromCredential[name] !== undefined)
    .filter(([name]) => metadata[name] !== undefined && metadata[name] !== fromCredential[name])
    .map(([name, field]) => ({
      pointer: `/metadata/${name}`,
      code: 'contradiction',
      message: `${name} differs from ${field.replaceAll('|', ' or ')} of the credential`,
      hint: `Leave ${name} out; it is taken from the credential.`,
    }));
}

function secretFaults(registry: Registry, value: unknown, pointer: string): FieldFault[] {
  if (typeof value === 'string') return registry.looksSecret(value) ? [secretFault(pointer)] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => secretFaults(registry, item, `${pointer}/${index}`));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    if (registry.looksSecret(name)) return [secretFault(pointer)];
    return secretFaults(registry, item, /^[a-z_]{1,40}$/.test(name) ? `${pointer}/${name}` : pointer);
  });
}

function secretFault(pointer: string): FieldFault {
  return {
    pointer,
    code: 'looks_secret',
    message: 'This looks like a secret',
    hint: 'Metadata is shown to every viewer: put secrets into credentials only, and replace this one at its provider.',
  };
}

function unusual({ credential }: Provider, credentials: Credentials): string[] {
  return fieldsOf(credential).flatMap(([name, { warn = [] }]) => {
    const value = credentials[name];
    return value === undefined
      ? []
      : warn.filter(({ pattern }) => !new RegExp(pattern, 'u').test(value)).map(({ say }) => say);
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import type { Config } from '../platform/config.ts';
import { DeploymentError, ServiceError } from '../platform/errors.ts';
import type { JsonSchema, ProviderSpec } from './provider-spec.ts';
import { namesOf, registryFaults } from './registry-faults.ts';
import { createAjv, type ValidateFunction } from './schema-validator.ts';

const CONFIGS = new URL('../../configs/system/', import.meta.url);

/** The registry of a deployed function, with the limits of its configuration. */
export function platformRegistry({
  maxAdditionalBillingAccounts,
  providerRegistry,
  projectId,
}: Pick<Config, 'maxAdditionalBillingAccounts' | 'providerRegistry' | 'projectId'>): Registry {
  return loadRegistry({
    limits: { additional_billing_accounts: maxAdditionalBillingAccounts },
    platformProject: projectId,
    ...(providerRegistry ? { file: pathToFileURL(providerRegistry) } : {}),
  });
}

/** A provider with what was compiled from its entry. */
export interface Provider extends ProviderSpec {
  readonly checkCredential: ValidateFunction | undefined;
  readonly checkMetadata: ValidateFunction;
}

/** Numbers that the configuration sets and registry schemas refer to by `limit: <name>`. */
export interface RegistryLimits {
  readonly additional_billing_accounts: number;
}

export interface RegistryOptions {
  readonly file?: URL;
  readonly limits?: RegistryLimits;
  /** The project of this platform, for `PLATFORM_PROJECT` in patterns: nobody brings an account of ours. */
  readonly platformProject?: string;
}

/** All providers, found by slug, alias or key. */
export class Registry {
  readonly providers: readonly Provider[];
  readonly #byName = new Map<string, Provider>();
  readonly #secretShapes: readonly RegExp[];

  constructor(specs: readonly ProviderSpec[], limits: RegistryLimits, platformProject?: string) {
    this.providers = compile(specs, limits, platformProject);
    for (const provider of this.providers) {
      for (const name of namesOf(provider)) this.#byName.set(name, provider);
    }
    this.#secretShapes = specs.flatMap(({ secret_shapes }) => secret_shapes.map((shape) => new RegExp(shape, 'u')));
  }

  /** @param name - Slug, alias or key, in any case. */
  find(name: string): Provider | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  get(name: string): Provider {
    const provider = this.find(name);
    if (!provider) throw new ServiceError('unknown_provider', 'No provider has this name; GET /providers lists them');
    return provider;
  }

  /** Slugs, aliases and keys: an organisation cannot be called like one of them. */
  isName(word: string): boolean {
    return this.#byName.has(word.toLowerCase());
  }

  /** Whether a text holds what looks like a secret of any provider. */
  looksSecret(text: string): boolean {
    return this.#secretShapes.some((shape) => shape.test(text));
  }
}

/**
 * Reads and checks the registry.
 *
 * @throws Error that lists all faults of the file; nothing starts with a faulty registry.
 */
export function loadRegistry({
  file = new URL('providers.yml', CONFIGS),
  limits = { additional_billing_accounts: 10 },
  platformProject,
}: RegistryOptions = {}): Registry {
  const document: unknown = parse(readFileSync(file, 'utf8'), { merge: true });
  const faults = schemaFaults(document);
  if (faults.length > 0) throw faultyRegistry(faults);
  return new Registry((document as { providers: ProviderSpec[] }).providers, limits, platformProject);
}

function faultyRegistry(faults: readonly string[]): Error {
  return new DeploymentError(`The provider registry has faults:\n  ${faults.join('\n  ')}`);
}

function schemaFaults(document: unknown): string[] {
  const schema = JSON.parse(readFileSync(new URL('providers.schema.json', CONFIGS), 'utf8')) as JsonSchema;
  const check = createAjv().compile(schema);
  if (check(document)) return [];
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
}

/** What the file's own schema cannot see is a fault as well; all are reported together. */
function compile(
  specs: readonly ProviderSpec[],
  limits: RegistryLimits,
  platformProject: string | undefined,
): Provider[] {
  const ajv = createAjv();
  const faults = registryFaults(specs);
  const compiled = (key: string, schema: JsonSchema): ValidateFunction => {
    try {
      return ajv.compile(schema);
    } catch (err) {
      faults.push(`${key}: ${(err as Error).message}`);
      return ajv.compile({});
    }
  };
  const providers = specs.map((spec) => {
    const metadata = withLimits(spec.metadata, limits);
    return {
      ...spec,
      metadata,
      checkCredential:
        spec.credential && compiled(`${spec.key} credential`, inProject(spec.credential, platformProject)),
      checkMetadata: compiled(`${spec.key} metadata`, metadata),
    };
  });
  if (faults.length > 0) throw faultyRegistry(faults);
  return providers;
}

/** Without a project the word stays, which no account in small letters fits. */
function inProject(schema: JsonSchema, projectId: string | undefined): JsonSchema {
  return projectId === undefined
    ? schema
    : (JSON.parse(JSON.stringify(schema).replaceAll('PLATFORM_PROJECT', projectId)) as JsonSchema);
}

function withLimits(schema: JsonSchema, limits: RegistryLimits): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    const name = (value as { limit?: keyof RegistryLimits } | null)?.limit;
    return typeof name === 'string' ? { ...(value as object), maxItems: limits[name] } : value;
  }) as JsonSchema;
}

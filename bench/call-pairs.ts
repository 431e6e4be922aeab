import { canonicalJson } from '../shared/credentials/canonical-json.ts';
import { newCredentialId } from '../shared/credentials/integration-row.ts';
import { parametersOf, readRow } from '../shared/credentials/row-codec.ts';
import * as statements from '../shared/credentials/statements.ts';
import { validationRequest } from '../shared/credentials/validation-request.ts';
import type { BareClients } from './bare-clients.ts';
import type { BenchCloud } from './bench-cloud.ts';
import type { DeployedFunction } from './deployed-function.ts';
import { goodBody, PROVIDER, type SeededOrg } from './seeded-orgs.ts';

/** The same thing twice: by the product's function, and by Google's clients alone. */
export interface CallPair {
  readonly product: (index: number) => Promise<unknown>;
  readonly bare: (index: number) => Promise<unknown>;
}

export function getPair(get: DeployedFunction, bare: BareClients, orgs: readonly SeededOrg[]): CallPair {
  return {
    product(index) {
      const { org, token } = orgs[index % orgs.length]!;
      return get.call({ verb: 'GET', path: `/integrations/${org}/${PROVIDER.slug}`, token });
    },
    bare(index) {
      const { org } = orgs[index % orgs.length]!;
      return bare.query(statements.FIND_WITH_HISTORY, { org_slug: org, provider_key: PROVIDER.key });
    },
  };
}

export function listPair(list: DeployedFunction, bare: BareClients, orgs: readonly SeededOrg[]): CallPair {
  return {
    product(index) {
      const { org, token } = orgs[index % orgs.length]!;
      return list.call({ verb: 'GET', path: `/integrations/${org}`, token });
    },
    bare: (index) => bare.query(statements.LIST, { org_slug: orgs[index % orgs.length]!.org }),
  };
}

/** How many organisations one token names: a longer one would cost more to verify than a user's. */
const ORGS_PER_TOKEN = 20;

/**
 * First setups, each of an organisation of its own; the bare clients store and announce the same row.
 *
 * @param count - How many calls the product will be asked for at most.
 */
export async function setupPair(
  count: number,
  { cloud, setup, bare, like }: { cloud: BenchCloud; setup: DeployedFunction; bare: BareClients; like: SeededOrg },
): Promise<CallPair> {
  const body = goodBody(await cloud.sandbox('acme'), PROVIDER.slug) as { credentials: unknown };
  const plaintext = Buffer.from(canonicalJson(body.credentials));
  const [found] = await bare.query(statements.FIND_SEALED, { org_slug: like.org, provider_key: PROVIDER.key });
  const tested = readRow(found!);
  const orgs = Array.from({ length: count }, (_, index) => `new_${index}`);
  const tokens: string[] = [];
  for (let from = 0; from < count; from += ORGS_PER_TOKEN) {
    tokens.push(await cloud.token(orgs.slice(from, from + ORGS_PER_TOKEN)));
  }
  return {
    product(index) {
      const token = tokens[Math.floor(index / ORGS_PER_TOKEN)]!;
      return setup.call({ verb: 'POST', path: `/integrations/${orgs[index]}/${PROVIDER.slug}/setup`, token, body });
    },
    async bare(index) {
      const org = `bare_${index}`;
      const credentialId = newCredentialId();
      const context = Buffer.from(canonicalJson(['v1', org, PROVIDER.key, credentialId]));
      const { ciphertext, name } = await bare.encrypt(plaintext, context);
      const row = {
        ...tested,
        org_slug: org,
        credential_id: credentialId,
        encrypted_credentials: ciphertext,
        kms_key_version: name,
        validation_status: 'PENDING' as const,
        last_check: null,
        version: 1,
      };
      await bare.query(statements.CREATE, parametersOf(row, statements.CREDENTIAL_COLUMNS));
      await bare.publish(validationRequest(row));
    },
  };
}

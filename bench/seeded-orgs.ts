import type { Statement } from '../shared/credentials/statements.ts';
import type { BareClients } from './bare-clients.ts';
import type { BenchCloud, Sandbox } from './bench-cloud.ts';
import type { DeployedFunction } from './deployed-function.ts';
import { waitUntil } from './wait-until.ts';

export interface SeededOrg {
  readonly org: string;
  readonly token: string;
}

/** The provider whose integrations are made and read one by one. */
export const PROVIDER = { slug: 'openai', key: 'OPENAI' } as const;
const TEST_LIMIT_MS = 60_000;

const COUNT_PENDING: Statement = {
  name: 'bench-count-pending',
  sql: "SELECT COUNT(*) AS n FROM `{{project}}.{{integrations}}.org_integration_credentials` WHERE validation_status = 'PENDING'",
  types: {},
};

/** Organisations with an integration of every provider that has a good case in the sandbox, all tested. */
export async function seedOrgs(
  count: number,
  { cloud, setup, bare }: { cloud: BenchCloud; setup: DeployedFunction; bare: BareClients },
): Promise<SeededOrg[]> {
  const sandbox = await cloud.sandbox('acme');
  const orgs: SeededOrg[] = [];
  for (let index = 0; index < count; index += 1) {
    const org = `seeded_${index}`;
    const token = await cloud.token([org]);
    for (const slug of Object.keys(sandbox).filter(
      (name) => sandbox[name]?.['valid']?.expect.validation_status === 'VALID',
    )) {
      const body = goodBody(sandbox, slug);
      await setup.call({ verb: 'POST', path: `/integrations/${org}/${slug}/setup`, token, body });
    }
    orgs.push({ org, token });
  }
  await untilTested(bare);
  return orgs;
}

/** Body of a setup that the provider's test will accept. */
export function goodBody(sandbox: Sandbox, slug: string): object {
  const good = sandbox[slug]?.['valid'];
  if (!good) throw new Error(`The sandbox has no good case for ${slug}.`);
  const { expect: _expect, ...body } = good;
  return body;
}

/** Tests that still run would slow down what is measured next. */
export async function untilTested(bare: BareClients): Promise<void> {
  await waitUntil(async () => {
    const [row] = await bare.query(COUNT_PENDING, {});
    return Number(row?.['n']) === 0;
  }, TEST_LIMIT_MS);
}

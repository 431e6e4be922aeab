import assert from 'node:assert/strict';
import { exportFields } from '../../local/demo/load-export.ts';
import { charge, startLandingStand, type LandingStand, type Tenant } from './landing-stand.ts';

const DAYS = { '2026-03-01': [1], '2026-03-02': [2] };
const KEPT = ['s 2026-03-01: 1', 's 2026-03-02: 2'];

/** A good first account beside something that cannot be landed. */
interface Case {
  readonly org: string;
  readonly is: string;
  /** Makes the second source, `t`, after `s` is there. */
  arrange(tenant: Tenant): Promise<void>;
  /** What happens between setup and the run. */
  spoil?(tenant: Tenant, stand: LandingStand): Promise<void> | void;
  readonly code: string;
  readonly says: RegExp;
  readonly remedy?: RegExp;
  readonly landed?: readonly string[];
}

const withoutField = (name: string) => exportFields().filter((field) => field.name !== name);

const cases: readonly Case[] = [
  {
    org: 'dropped',
    is: 'was dropped',
    async arrange(tenant) {
      await tenant.makeTable('t');
      await tenant.loadDays('t', DAYS);
    },
    spoil: (tenant) => tenant.drop('t'),
    code: 'source_not_found',
    says: /^landing-billing\.exports_dropped\.t does not exist$/,
  },
  {
    org: 'renamed',
    is: 'has its cost under another name',
    arrange: (tenant) => tenant.makeView('t', `SELECT * EXCEPT (cost), cost AS amount FROM \`${tenant.path('s')}\``),
    code: 'source_unsupported',
    says: /\.t lacks the column cost of a standard billing export$/,
    remedy: /standard billing export in billing_export_table/,
  },
  {
    org: 'unnested',
    is: 'has no invoice month',
    async arrange(tenant) {
      const invoice = { name: 'invoice', type: 'RECORD', fields: [{ name: 'publisher_type', type: 'STRING' }] };
      await tenant.makeTable('t', { fields: [...withoutField('invoice'), invoice] });
    },
    code: 'source_unsupported',
    says: /lacks the column invoice\.month /,
  },
  {
    org: 'retyped',
    is: 'has its cost as text',
    async arrange(tenant) {
      await tenant.makeTable('t', { fields: [...withoutField('cost'), { name: 'cost', type: 'STRING' }] });
    },
    code: 'source_unsupported',
    says: /^The column cost is STRING, in this export it is FLOAT64$/,
  },
  {
    org: 'broken_view',
    is: 'is a view whose table is gone',
    async arrange(tenant) {
      await tenant.makeTable('base');
      await tenant.makeView('t', `SELECT * FROM \`${tenant.path('base')}\``);
    },
    spoil: (tenant) => tenant.drop('base'),
    code: 'source_not_found',
    says: /\.t/,
  },
  {
    org: 'too_exact',
    is: 'has costs of forty digits where FLOAT64 belongs',
    async arrange(tenant) {
      await tenant.makeTable('t', { fields: [...withoutField('cost'), { name: 'cost', type: 'BIGNUMERIC' }] });
      const exact = '1234567890123456789012.345678901234567891';
      await tenant.load('t', [charge({ cost: exact }, '2026-03-01')], '20260301');
      await tenant.load('t', [charge({ cost: '0.125', sku: { id: 'other' } }, '2026-03-02')], '20260302');
    },
    code: 'rows_refused',
    says: /\.t on 2026-03-01 .*: The column cost has numbers that FLOAT64 cannot hold exactly$/,
    landed: [...KEPT, 't 2026-03-02: 0.125'],
  },
];

describe('a source that cannot be landed', function () {
  this.timeout(240_000);
  let stand: LandingStand;
  before(async () => {
    stand = await startLandingStand();
    const spoilers: (() => Promise<void> | void | undefined)[] = [];
    for (const { org, arrange, spoil } of cases) {
      const tenant = await stand.tenant(org);
      await tenant.makeTable('s');
      await tenant.loadDays('s', DAYS);
      await arrange(tenant);
      await tenant.connect({
        billing_export_table: tenant.path('s'),
        additional_billing_accounts: [{ billing_export_table: tenant.path('t') }],
      });
      spoilers.push(() => spoil?.(tenant, stand));
    }
    for (const spoil of spoilers) await spoil();
    await stand.cloud.jobs.run({ job: 'billing', args: [] });
  });
  after(() => stand.close());

  for (const { org, is, code, says, remedy = /./, landed = KEPT } of cases) {
    it(`since it ${is} leaves the others to land, and says what to do`, async () => {
      const { state, steps } = await stand.lastRun(org);
      assert.equal(state, 'PARTIAL', JSON.stringify(steps));
      const step = steps.find(({ error_code: found }) => found);
      assert.equal(step?.['error_code'], code, JSON.stringify(steps));
      assert.match(step?.['error_message'] ?? '', says);
      assert.match(step?.['remedy'] ?? '', remedy);
      assert.deepEqual(await stand.landed(org), landed);
    });
  }
});

describe('a landing that is disturbed', function () {
  this.timeout(240_000);
  let stand: LandingStand;
  before(async () => {
    stand = await startLandingStand();
  });
  after(() => stand.close());

  const run = (org: string, more: object = {}) =>
    stand.cloud.jobs.run({ job: 'billing', args: ['--org', org], ...more });

  async function withDays(org: string, count: number): Promise<Tenant> {
    const tenant = await stand.tenant(org);
    await tenant.makeTable('s');
    const days = Array.from({ length: count }, (_, index) => [`2026-03-${String(index + 1).padStart(2, '0')}`, [1]]);
    await tenant.loadDays('s', Object.fromEntries(days) as Record<string, number[]>);
    await tenant.connect({ billing_export_table: tenant.path('s') });
    return tenant;
  }

  /** Makes every page take so long that there is time to do something meanwhile. */
  function slowPages(latencyMs: number): () => void {
    const { faults } = stand.cloud.cloud.context;
    const { id } = faults.add({
      service: 'bigquery',
      method: 'tabledata.list',
      kind: 'latency',
      latency_ms: latencyMs,
    });
    return () => faults.remove(id);
  }

  it('by the end of its right to read keeps whole days, and says which role is missing', async () => {
    const tenant = await withDays('revoked', 8);
    const restore = slowPages(300);
    const revoke = (line: string) => line.includes('unit-landed') && tenant.revoke();
    await run('revoked', { onLine: revoke });
    restore();
    const { state, steps } = await stand.lastRun('revoked');
    assert.equal(state, 'PARTIAL', JSON.stringify(steps));
    const load = steps.find(({ step_id: id }) => id === 'load');
    assert.equal(load?.['error_code'], 'source_access_denied');
    assert.match(load?.['remedy'] ?? '', /roles\/bigquery\.dataViewer\) on landing-billing\.exports_revoked,/);
    assert((await stand.landed('revoked')).every((day) => day.endsWith(': 1')));
  });

  it('by the drop of its table keeps whole days, and goes on with them when it is back', async () => {
    const tenant = await withDays('vanishing', 8);
    const restore = slowPages(300);
    let dropped: Promise<void> | undefined;
    await run('vanishing', {
      onLine: (line: string) => {
        if (line.includes('unit-landed')) dropped ??= tenant.drop('s');
      },
    });
    restore();
    await dropped;
    const { state, steps } = await stand.lastRun('vanishing');
    assert.equal(state, 'PARTIAL', JSON.stringify(steps));
    assert.equal(steps.at(-1)?.['error_code'], 'source_not_found');
    assert.match(steps.at(-1)?.['error_message'] ?? '', /exports_vanishing\.s does not exist$/);
    const before = await stand.landed('vanishing');
    assert(before.length > 0 && before.every((day) => day.endsWith(': 1')));
    assert.equal(await run('vanishing'), 1);
    assert.deepEqual(await stand.landed('vanishing'), before);
  });

  it('by SIGTERM ends within ten seconds however slow its source is, and goes on later', async () => {
    await withDays('stopped', 4);
    const restore = slowPages(60_000);
    const stop = new AbortController();
    let stoppedAt = 0;
    const code = await run('stopped', {
      signal: stop.signal,
      onLine: (line: string) => {
        if (!line.includes('changes-found')) return;
        stoppedAt = performance.now();
        stop.abort();
      },
    });
    assert.notEqual(code, 0);
    assert(performance.now() - stoppedAt < 10_000);
    const { state, steps } = await stand.lastRun('stopped');
    assert.deepEqual([state, steps.at(-1)?.['error_code']], ['CANCELLED', 'interrupted']);
    restore();
    assert.equal(await run('stopped'), 0);
    assert.equal((await stand.landed('stopped')).length, 4);
  });

  it('by somebody who cancels the run stops when it renews its lease', async () => {
    await withDays('cancelled', 4);
    const restore = slowPages(60_000);
    let cancelled: Promise<unknown> | undefined;
    const code = await run('cancelled', {
      onLine: (line: string) => {
        if (line.includes('changes-found'))
          cancelled ??= stand.query(
            `UPDATE integrations.pipeline_runs SET state = 'CANCELLED' WHERE org_slug = 'cancelled' AND state = 'RUNNING'`,
          );
      },
    });
    await cancelled;
    restore();
    assert.equal(code, 1);
    assert.equal((await stand.lastRun('cancelled')).state, 'CANCELLED');
    assert.deepEqual(await stand.landed('cancelled'), []);
  });

  it('by a quota tries again', async () => {
    await withDays('limited', 2);
    stand.cloud.cloud.context.faults.add({
      service: 'bigquery',
      method: 'tabledata.list',
      kind: 'error',
      status: 429,
      count: 2,
    });
    assert.equal(await run('limited'), 0);
    assert.deepEqual(
      await stand.landed('limited'),
      KEPT.map((day) => day.replace(': 2', ': 1')),
    );
  });

  it('by the loss of the detailed export puts no standard days in its place', async () => {
    const tenant = await stand.tenant('half_blind');
    const resource = { name: 'resource', type: 'RECORD', fields: [{ name: 'name', type: 'STRING' }] };
    await tenant.makeTable('s');
    await tenant.makeTable('d', { fields: [...exportFields(), resource] });
    const days = { '2026-03-01': [1], '2026-03-02': [2], '2026-03-03': [4] };
    await tenant.loadDays('s', days);
    await tenant.loadDays('d', days);
    await tenant.connect({ billing_export_table: tenant.path('s'), detailed_export_table: tenant.path('d') });
    assert.equal(await run('half_blind'), 0);
    const landed = ['d 2026-03-02: 2', 'd 2026-03-03: 4', 's 2026-03-01: 1'];
    assert.deepEqual(await stand.landed('half_blind'), landed);
    await tenant.drop('d');
    await tenant.loadDays('s', { '2026-03-04': [8] });
    await run('half_blind');
    assert.equal((await stand.lastRun('half_blind')).state, 'PARTIAL');
    assert.deepEqual(await stand.landed('half_blind'), landed);
  });
});

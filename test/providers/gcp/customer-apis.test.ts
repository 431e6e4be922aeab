import assert from 'node:assert/strict';
import { orgIdentities } from '../../../local/org-identities.ts';
import { orgPrincipal } from '../../../shared/gcp/org-principal.ts';
import { startGoogle, type Google } from '../../sandbox/google.ts';

const PROJECT = 'acme-sample';

describe('APIs of a customer’s project', () => {
  let google: Google;
  let reader: string;
  before(async () => {
    google = await startGoogle(':memory:');
    reader = (await google.iam.createServiceAccount(PROJECT, 'reader')).email;
    for (const role of ['compute.viewer', 'storage.bucketViewer', 'monitoring.viewer']) {
      google.iam.grant(`projects/${PROJECT}`, `roles/${role}`, reader);
    }
  });
  after(() => google.close());

  async function call(label: string, path: string, { as = reader, method = 'GET' } = {}) {
    const headers = { authorization: `Bearer ${await google.iam.accessToken(as)}` };
    const response = await fetch(google.googleApis[label] + path, { method, headers });
    // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of any shape
    return { status: response.status, body: (await response.json()) as any };
  }

  const INSTANCES = `/compute/v1/projects/${PROJECT}/aggregated/instances`;

  it('list instances by zone, page by page', async () => {
    const names: string[] = [];
    let token = '';
    do {
      const { body } = await call('compute', `${INSTANCES}?maxResults=1&pageToken=${token}`);
      const scopes = Object.values<{ instances?: { name: string }[]; warning?: { code: string } }>(body.items);
      for (const { instances, warning } of scopes) {
        names.push(...(instances ?? []).map(({ name }) => name));
        assert(instances ?? warning?.code === 'NO_RESULTS_ON_PAGE');
      }
      token = body.nextPageToken ?? '';
    } while (token);
    assert.deepEqual(names, ['web-1', 'web-2', 'batch-1']);
  });

  it('send the asked part of an answer alone', async () => {
    assert.deepEqual((await call('compute', `${INSTANCES}?fields=kind`)).body, {
      kind: 'compute#instanceAggregatedList',
    });
  });

  it('refuse more than their largest page', async () => {
    assert.equal((await call('compute', `${INSTANCES}?maxResults=501`)).status, 400);
    assert.equal((await call('storage', `/storage/v1/b?project=${PROJECT}&maxResults=1000`)).status, 200);
  });

  it('want a project, and one that is there', async () => {
    assert.equal((await call('storage', '/storage/v1/b')).body.error.errors[0].reason, 'required');
    const { operator } = google.iam;
    assert.equal((await call('storage', '/storage/v1/b?project=nobody-at-all', { as: operator.email })).status, 404);
  });

  it('want a permission', async () => {
    const { email } = await google.iam.createServiceAccount(PROJECT, 'stranger');
    const { status, body } = await call('compute', INSTANCES, { as: email });
    assert.deepEqual([status, body.error.errors[0].reason], [403, 'forbidden']);
  });

  it('want one metric and an interval', async () => {
    const path = (query: string): string => `/v3/projects/${PROJECT}/timeSeries?${query}`;
    const range = 'interval.startTime=2026-11-01T00:00:00Z&interval.endTime=2026-11-01T01:00:00Z';
    const type = 'aiplatform.googleapis.com/publisher/online_serving/token_count';
    const filter = `filter=${encodeURIComponent(`metric.type = "${type}"`)}`;
    assert.equal((await call('monitoring', path(range))).status, 400);
    assert.equal((await call('monitoring', path(filter))).status, 400);
    assert.equal((await call('monitoring', path(`${range}&filter=metric.type="unheard.of"`))).status, 404);
    const { body } = await call('monitoring', path(`${filter}&${range}&view=HEADERS&pageSize=1`));
    assert.deepEqual([body.timeSeries[0].metric.type, body.timeSeries[0].points], [type, []]);
    assert(body.nextPageToken);
    const { body: whole } = await call('monitoring', path(`${filter}&${range}`));
    assert.deepEqual(
      whole.timeSeries.map(({ points }: { points: { value: object }[] }) => points[0]?.value),
      [{ int64Value: '72000' }, { int64Value: '36000' }],
    );
  });

  it('are switched off and on by Service Usage, for the whole project', async () => {
    const service = `/v1/projects/${PROJECT}/services/compute.googleapis.com`;
    const as = google.iam.operator.email;
    await call('iam', `${service}:disable`, { as, method: 'POST' });
    assert.equal((await call('iam', service, { as })).body.state, 'DISABLED');
    const { status, body } = await call('compute', INSTANCES);
    assert.deepEqual([status, body.error.details[0].reason], [403, 'SERVICE_DISABLED']);
    await call('iam', `${service}:enable`, { as, method: 'POST' });
    assert.equal((await call('compute', INSTANCES)).status, 200);
  });

  it('show billing accounts to who may see them', async () => {
    google.iam.internals.billingAccounts.open({ id: '01A2B3-C4D5E6-F7A8B9', displayName: 'Acme', currencyCode: 'EUR' });
    assert.deepEqual((await call('cloudbilling', '/v1/billingAccounts')).body, {});
    google.iam.grant('billingAccounts/01A2B3-C4D5E6-F7A8B9', 'roles/billing.viewer', reader);
    const { body } = await call('cloudbilling', '/v1/billingAccounts?pageSize=1');
    assert.equal(body.billingAccounts[0].name, 'billingAccounts/01A2B3-C4D5E6-F7A8B9');
  });

  it('have an identity for each organisation, of which names made up by the thousand get none', async () => {
    const identities = orgIdentities({ iam: google.iam, context: google.context } as Parameters<
      typeof orgIdentities
    >[0]);
    await Promise.all(Array.from({ length: 2_100 }, (_, index) => identities.ensure(`fuzz_${index}`)));
    await identities.ensure('Not A Slug');
    assert(google.iam.findServiceAccount(orgPrincipal('fuzz_0', 'ours')));
    assert.equal(google.iam.findServiceAccount(orgPrincipal('fuzz_2099', 'ours')), undefined);
  });
});

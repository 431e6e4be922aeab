import assert from 'node:assert/strict';
import { CREDENTIALS, GOOD, SECRET, testAzure } from './azure-fixture.ts';

const { tenant_id, client_id, subscription_id } = CREDENTIALS;

describe('what Azure is asked', () => {
  it('is a token, the subscription and the cost of one day, in this order and nothing else', async () => {
    const { outcome, statuses, seen } = await testAzure();
    assert.equal(outcome, 'accepted');
    assert.deepEqual(statuses, ['format pass', 'token pass', 'subscription pass', 'cost_read pass']);
    assert.deepEqual(
      seen.map(({ host, method, url }) => `${method} ${host}${url}`),
      [
        `POST login.microsoftonline.com/${tenant_id}/oauth2/v2.0/token`,
        `GET management.azure.com/subscriptions/${subscription_id}?api-version=2022-12-01`,
        `POST management.azure.com/subscriptions/${subscription_id}/providers/Microsoft.CostManagement/query?api-version=2025-03-01`,
      ],
    );
  });

  it('is a form with four fields at the login host', async () => {
    const [login] = (await testAzure()).seen;
    assert.equal(login!.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(login!.headers['accept'], 'application/json');
    assert.equal(login!.headers['content-length'], String(login!.body.length));
    assert.equal(login!.headers['authorization'], undefined);
    assert.deepEqual(
      [...new URLSearchParams(login!.body)],
      [
        ['client_id', client_id],
        ['client_secret', SECRET],
        ['grant_type', 'client_credentials'],
        ['scope', 'https://management.azure.com/.default'],
      ],
    );
  });

  it('is a closed query of yesterday, in UTC', async () => {
    const cost = (await testAzure()).seen[2]!;
    assert.equal(cost.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(cost.body), {
      type: 'ActualCost',
      timeframe: 'Custom',
      timePeriod: { from: '2026-11-23T00:00:00Z', to: '2026-11-23T23:59:59Z' },
      dataset: { granularity: 'Daily', aggregation: { totalCost: { name: 'Cost', function: 'Sum' } } },
    });
  });

  it('carries the token in a header to Azure Resource Manager, and the secret nowhere but in the form', async () => {
    const { seen } = await testAzure();
    for (const { headers, body } of seen.slice(1)) {
      assert.equal(headers['authorization'], 'Bearer eyJ0.fake.token');
      assert(!body.includes(SECRET));
    }
    for (const { url, headers } of seen) assert(!`${url}${JSON.stringify(headers)}`.includes('CANARY'));
  });

  it('keeps a secret with signs of a form whole', async () => {
    const client_secret = 'a+b&c=d%20e~f/g?h';
    const [login] = (await testAzure({}, { credentials: { ...CREDENTIALS, client_secret } })).seen;
    assert.equal(new URLSearchParams(login!.body).get('client_secret'), client_secret);
  });

  for (const { cloud, login, arm } of [
    { cloud: 'public', login: 'login.microsoftonline.com', arm: 'management.azure.com' },
    { cloud: 'usgovernment', login: 'login.microsoftonline.us', arm: 'management.usgovcloudapi.net' },
    { cloud: 'china', login: 'login.chinacloudapi.cn', arm: 'management.chinacloudapi.cn' },
  ]) {
    it(`goes to the hosts of ${cloud} alone, with their scope`, async () => {
      const { hosts, seen, outcome } = await testAzure({}, { credentials: { ...CREDENTIALS, cloud } });
      assert.equal(outcome, 'accepted');
      assert.deepEqual(hosts, [login, arm, arm]);
      assert.equal(new URLSearchParams(seen[0]!.body).get('scope'), `https://${arm}/.default`);
    });
  }

  it('stands in the path for a directory that is named by its domain', async () => {
    const credentials = { ...CREDENTIALS, tenant_id: 'contoso.onmicrosoft.com' };
    assert.equal((await testAzure({}, { credentials })).seen[0]!.url, '/contoso.onmicrosoft.com/oauth2/v2.0/token');
  });

  for (const { name, body } of [
    { name: 'a line break', body: { token_type: 'Bearer', access_token: 'abc\r\nx-evil: 1' } },
    { name: 'a blank', body: { token_type: 'Bearer', access_token: 'abc def' } },
    { name: 'a letter beyond ASCII', body: { token_type: 'Bearer', access_token: 'abcé' } },
    { name: 'nothing in it', body: { token_type: 'Bearer', access_token: '' } },
    { name: 'a number for a token', body: { token_type: 'Bearer', access_token: { toString: 1 } } },
    { name: 'no token', body: { token_type: 'Bearer', expires_in: 3599 } },
    { name: 'another type', body: { token_type: 'pop', access_token: 'abc' } },
    { name: 'a page', body: '<html>Sign in</html>' },
  ]) {
    it(`never is more than the login when that answers with ${name}`, async () => {
      const { outcome, seen, last } = await testAzure({ token: { status: 200, body } });
      assert.equal(outcome, 'provider_error');
      assert.equal(seen.length, 1);
      assert.equal(last.id, 'token');
    });
  }

  it('is given up at the first refusal', async () => {
    const refused = { status: 404, body: { error: { code: 'SubscriptionNotFound', message: '' } } };
    assert.equal((await testAzure({ subscription: refused })).seen.length, 2);
  });

  it('is not repeated while the answer is good', async () => {
    const wait = async () => undefined;
    const { seen } = await testAzure({ cost: [{ status: 503 }, GOOD.cost] }, { deps: { wait } });
    assert.deepEqual(
      seen.map(({ method }) => method),
      ['POST', 'GET', 'POST', 'POST'],
    );
  });
});

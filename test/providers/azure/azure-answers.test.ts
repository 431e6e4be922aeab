import assert from 'node:assert/strict';
import { armError, CREDENTIALS, entraError, GOOD, testAzure, type Said, type Step } from './azure-fixture.ts';

interface Row {
  readonly step: Step;
  readonly name: string;
  readonly said: Said;
  readonly outcome: string;
  readonly check?: string;
  readonly says?: RegExp;
  readonly remedy?: RegExp;
}

const says = (status: number, body?: object | string, headers: Record<string, string> = {}): Said => ({
  status,
  headers,
  ...(body === undefined ? {} : { body }),
});
const subscriptionIn = (state: string): Said => says(200, { ...(GOOD.subscription.body as object), state });
const GRANT = new RegExp(
  `az role assignment create --assignee ${CREDENTIALS.client_id} --role "Cost Management Reader" --scope /subscriptions/${CREDENTIALS.subscription_id}`,
);

const ENTRA: readonly (readonly [code: number, error: string, status: number, outcome: string, says?: RegExp])[] = [
  [7000222, 'invalid_client', 401, 'expired', /expired/],
  [7000215, 'invalid_client', 401, 'rejected', /secret is wrong/],
  [7000216, 'invalid_client', 401, 'rejected', /no client secret/],
  [7000218, 'invalid_client', 401, 'rejected', /no client secret/],
  [700016, 'unauthorized_client', 400, 'rejected', /has no application/],
  [7000229, 'invalid_client', 401, 'rejected', /service principal/],
  [7000112, 'unauthorized_client', 400, 'rejected', /disabled/],
  [90002, 'invalid_request', 400, 'rejected', /directory .* does not exist/],
  [90002, 'invalid_tenant', 400, 'rejected', /directory .* does not exist/],
  [900021, 'invalid_request', 400, 'rejected', /does not exist/],
  [900023, 'invalid_request', 400, 'rejected', /does not exist/],
  [90038, 'invalid_request', 400, 'rejected', /another cloud/],
  [900382, 'invalid_client', 401, 'rejected', /another cloud/],
  [900432, 'invalid_client', 401, 'rejected', /another cloud/],
  [500011, 'invalid_resource', 400, 'rejected', /another cloud/],
  [53003, 'invalid_grant', 400, 'insufficient_permission', /Conditional Access/],
  [530032, 'interaction_required', 400, 'insufficient_permission', /Conditional Access/],
  [50012, 'invalid_client', 401, 'rejected', /refuses the application id/],
  [700011, 'unauthorized_client', 400, 'rejected', /not registered/],
  [90055, 'temporarily_unavailable', 429, 'rate_limited'],
  [90055, 'temporarily_unavailable', 400, 'rate_limited'],
  [90055, 'temporarily_unavailable', 503, 'rate_limited'],
  [90033, 'temporarily_unavailable', 503, 'provider_error'],
  [90024, 'invalid_client', 400, 'provider_error'],
  [90012, 'invalid_client', 401, 'provider_error'],
  [90006, 'server_error', 400, 'provider_error'],
  [1, 'temporarily_unavailable', 400, 'provider_error'],
  [70011, 'invalid_scope', 400, 'provider_error'],
  [900144, 'invalid_request', 400, 'provider_error'],
  [50034, 'invalid_grant', 400, 'provider_error'],
  [7000215, 'invalid_client', 500, 'provider_error'],
  [7000222, 'invalid_client', 403, 'provider_error'],
];

const ROWS: readonly Row[] = [
  ...ENTRA.map(([code, error, status, outcome, text]): Row => {
    const name = `${code} as ${error} with ${status}`;
    return {
      step: 'token',
      name,
      said: says(status, entraError(code, error)),
      outcome,
      ...(text ? { says: text } : {}),
    };
  }),
  { step: 'token', name: 'invalid_client alone', said: says(401, { error: 'invalid_client' }), outcome: 'rejected' },
  {
    step: 'token',
    name: 'a number without an error',
    said: says(401, { error_codes: ['x'] }),
    outcome: 'provider_error',
  },
  {
    step: 'token',
    name: 'a limit that says when',
    said: says(429, entraError(90055), { 'retry-after': '17' }),
    outcome: 'rate_limited',
  },
  ...['Warned', 'PastDue'].map((state): Row => ({
    step: 'subscription',
    name: state,
    said: subscriptionIn(state),
    outcome: 'accepted',
    check: 'warn',
    says: /overdue/,
    remedy: /settle/,
  })),
  {
    step: 'subscription',
    name: 'Disabled',
    said: subscriptionIn('Disabled'),
    outcome: 'accepted',
    check: 'warn',
    says: /disabled/,
    remedy: /Reactivate/,
  },
  { step: 'subscription', name: 'Deleted', said: subscriptionIn('Deleted'), outcome: 'rejected', says: /deleted/ },
  { step: 'subscription', name: 'a new state', said: subscriptionIn('Expired'), outcome: 'provider_error' },
  {
    step: 'subscription',
    name: 'SubscriptionNotFound',
    said: says(404, armError('SubscriptionNotFound')),
    outcome: 'insufficient_permission',
    says: /id is wrong, or the application has no role/,
    remedy: GRANT,
  },
  {
    step: 'subscription',
    name: 'InvalidAuthenticationTokenTenant',
    said: says(401, armError('InvalidAuthenticationTokenTenant')),
    outcome: 'rejected',
    says: /another directory/,
  },
  {
    step: 'subscription',
    name: 'InvalidSubscriptionId',
    said: says(400, armError('InvalidSubscriptionId')),
    outcome: 'rejected',
  },
  {
    step: 'subscription',
    name: 'AuthorizationFailed',
    said: says(403, armError('AuthorizationFailed')),
    outcome: 'insufficient_permission',
    remedy: GRANT,
  },
  ...['InvalidAuthenticationToken', 'ExpiredAuthenticationToken', 'AuthenticationFailed'].map((code): Row => ({
    step: 'subscription',
    name: code,
    said: says(401, armError(code)),
    outcome: 'provider_error',
  })),
  { step: 'subscription', name: 'a limit', said: says(429, armError('TooManyRequests')), outcome: 'rate_limited' },
  {
    step: 'subscription',
    name: 'no version',
    said: says(400, armError('InvalidApiVersionParameter')),
    outcome: 'provider_error',
  },
  { step: 'cost', name: 'no data', said: says(204), outcome: 'accepted', check: 'pass', says: /none yet/ },
  ...[armError('429'), undefined, '<html>Too many requests</html>'].map((body): Row => ({
    step: 'cost',
    name: `a limit as ${typeof body}`,
    said: says(429, body, { 'x-ms-ratelimit-microsoft.costmanagement-entity-retry-after': '42' }),
    outcome: 'accepted',
    check: 'warn',
    says: /could not be checked now/,
    remedy: /next test/,
  })),
  ...(
    [
      ['RBACAccessDenied', 401],
      ['RBACAccessDenied', 403],
      ['AuthorizationFailed', 403],
      ['BillingAccessDenied', 403],
    ] as const
  ).map(([code, status]): Row => ({
    step: 'cost',
    name: `${code} with ${status}`,
    said: says(status, armError(code)),
    outcome: 'insufficient_permission',
    says: /lacks the role/,
    remedy: GRANT,
  })),
  ...['AccountCostDisabled', 'DepartmentCostDisabled'].map((code): Row => ({
    step: 'cost',
    name: code,
    said: says(400, armError(code)),
    outcome: 'insufficient_permission',
    says: /enterprise agreement hides/,
  })),
  {
    step: 'cost',
    name: 'IndirectCostDisabled',
    said: says(400, armError('IndirectCostDisabled')),
    outcome: 'insufficient_permission',
    says: /partner/,
  },
  {
    step: 'cost',
    name: 'DisallowedOperation',
    said: says(400, armError('DisallowedOperation')),
    outcome: 'accepted',
    check: 'warn',
    says: /no costs/,
  },
  {
    step: 'cost',
    name: 'another 401',
    said: says(401, armError('InvalidAuthenticationToken')),
    outcome: 'accepted',
    check: 'warn',
  },
  {
    step: 'cost',
    name: 'a body that it does not like',
    said: says(400, armError('BadRequest')),
    outcome: 'accepted',
    check: 'warn',
  },
  { step: 'cost', name: 'an outage', said: says(503, armError('ServerTimeout')), outcome: 'accepted', check: 'warn' },
  {
    step: 'cost',
    name: 'JSON without a table',
    said: says(200, { properties: {} }),
    outcome: 'accepted',
    check: 'warn',
  },
];

const CHECK_OF = { token: 'token', subscription: 'subscription', cost: 'cost_read' } as const;
const VERDICTS = ['rejected', 'expired', 'insufficient_permission'];

describe('what Azure answers', () => {
  for (const { step, name, said, outcome, check, says: text, remedy } of ROWS) {
    it(`comes to ${outcome} when ${step} meets ${name}`, async () => {
      const result = await testAzure({ [step]: said });
      const found = result.checks.find(({ id }) => id === CHECK_OF[step])!;
      assert.equal(result.outcome, outcome, JSON.stringify(result.checks));
      assert.equal(found.status, check ?? (outcome === 'accepted' ? 'pass' : 'fail'));
      if (text) assert.match(found.message, text);
      if (remedy) assert.match(found.remedy ?? '', remedy);
      if (VERDICTS.includes(outcome)) assert.ok(found.remedy);
      assert.doesNotMatch(JSON.stringify(result.checks), /CANARY|AADSTS|\{\w+\}/);
    });
  }

  for (const { name, codes } of [
    { name: 'left out', codes: undefined },
    { name: 'empty', codes: [] },
    { name: 'text', codes: '7000222' },
  ]) {
    it(`is read from its text where the list of numbers is ${name}`, async () => {
      const body = entraError(7000222, 'invalid_client', { error_codes: codes });
      assert.equal((await testAzure({ token: says(401, body) })).outcome, 'expired');
    });
  }

  it('is not read from a text that only mentions a number', async () => {
    const error_description = 'See AADSTS7000222: the secret has expired';
    const body = { error: 'invalid_request', error_description };
    assert.equal((await testAzure({ token: says(400, body) })).outcome, 'provider_error');
  });

  it('tells the name, the directory and the state of the subscription, which are kept', async () => {
    assert.deepEqual((await testAzure()).discovered, {
      subscription_name: 'Production',
      tenant_id: CREDENTIALS.tenant_id,
      state: 'Enabled',
    });
  });

  it('is kept within bounds, and never with the secret in it', async () => {
    const displayName = `x ${CREDENTIALS.client_secret}`;
    const body = { ...(GOOD.subscription.body as object), displayName, tenantId: 'x'.repeat(1000) };
    assert.deepEqual((await testAzure({ subscription: says(200, body) })).discovered, { state: 'Enabled' });
  });

  it('names the national cloud in the command that helps', async () => {
    const credentials = { ...CREDENTIALS, cloud: 'usgovernment' };
    const { last } = await testAzure({ cost: says(401, armError('RBACAccessDenied')) }, { credentials });
    assert.match(last.remedy!, /Grant it: az cloud set --name AzureUSGovernment && az login && az role assignment/);
  });

  it('passes on how long Entra wants to be left alone', async () => {
    const limited = says(429, entraError(90055), { 'retry-after': '17' });
    assert.equal((await testAzure({ token: limited })).retryAfterMs, 17_000);
  });

  for (const code of [7000215, 700016, 7000229, 90024]) {
    it(`counts ${code} only when it stays, as what was made a moment ago is not known everywhere`, async () => {
      const pauses: number[] = [];
      const wait = async (ms: number) => void pauses.push(ms);
      const first = says(400, entraError(code));
      const healed = await testAzure({ token: [first, GOOD.token] }, { deps: { wait } });
      assert.equal(healed.outcome, 'accepted');
      assert.deepEqual(pauses, [2000]);
      assert.equal((await testAzure({ token: first }, { deps: { wait } })).seen.length, 4);
    });
  }

  it('is not asked for again where Cost Management is at its limit or refuses', async () => {
    const wait = async () => undefined;
    for (const said of [says(429), says(401, armError('RBACAccessDenied'))]) {
      assert.equal((await testAzure({ cost: said }, { deps: { wait } })).seen.length, 3);
    }
  });
});

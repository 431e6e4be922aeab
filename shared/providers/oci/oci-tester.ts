import type { Tester, TestResult } from '../connection-test.ts';
import type { Credentials } from '../format-check.ts';
import type { Places } from '../check-texts.ts';
import type { CheckResult, TestRun } from '../test-run.ts';
import { OciClient } from './oci-client.ts';
import { subscriptionsRequest, usageRequest, userRequest, type Place } from './oci-requests.ts';
import { domainOf, realmOf } from './realms.ts';
import { subscriptionsIn, withSubscriptions } from './region-subscriptions.ts';

/** What the checks ask with. */
interface Asker {
  readonly credentials: Credentials;
  readonly client: OciClient;
  readonly run: TestRun;
}

/** Oracle Cloud: the key's signature, the regions of its tenancy, and the right to read costs, which are kept in the home region. */
export const testOci: Tester = async ({ credentials }, run) => {
  const realm = realmOf(credentials['tenancy'] ?? '');
  const domain = domainOf(realm);
  run.report(KEY_MATCH);
  if (domain === undefined) {
    run.report(unknownRealm(realm));
    return { outcome: 'blocked' };
  }
  const stated: Place = { region: credentials['region'] ?? '', domain };
  const asker = { credentials, client: new OciClient(credentials, run), run };
  return testAt(stated, asker);
};

async function testAt(stated: Place, asker: Asker): Promise<Omit<TestResult, 'checks'>> {
  const identity = await checkIdentity(stated, asker);
  if (identity.isFatal) return endedBy(identity);

  const region = await checkRegion(stated, asker);
  if (region.isFatal) return endedBy(region);
  const found = subscriptionsIn(region.answer);
  const home = { ...stated, region: found?.home ?? stated.region };

  // Some tenancies answer about their users nowhere but at home.
  if (identity.answer?.status === 403 && home.region !== stated.region) {
    const atHome = await checkIdentity(home, asker, home.region);
    if (atHome.isFatal) return endedBy(atHome);
  }
  const usage = await checkUsage(home, asker);
  if (usage.isFatal) return endedBy(usage);
  return { outcome: 'accepted', ...(found ? { discovered: { home_region: found.home, regions: found.regions } } : {}) };
}

/** A region that does not exist has no host, which looks like an outage from here. */
async function checkIdentity(place: Place, { credentials, client, run }: Asker, of?: string): Promise<CheckResult> {
  const request = userRequest(credentials, place);
  const places = { region: place.region };
  const result = await run.look('identity', () => client.ask(request), { host: request.host, places });
  const check = result.outcome === 'unreachable' ? { ...result.check, remedy: regionRemedy(place) } : result.check;
  run.report({ id: of === undefined ? 'identity' : `identity:${of}`, ...check });
  return result;
}

function checkRegion(place: Place, { credentials, client, run }: Asker): Promise<CheckResult> {
  const request = subscriptionsRequest(credentials, place);
  const places: Record<string, string> = { region: place.region };
  const ask = async () => {
    const answer = withSubscriptions(await client.ask(request), place.region);
    places['home'] = subscriptionsIn(answer)?.home ?? place.region; // the table's texts name what the answer tells
    return answer;
  };
  return run.check('region', ask, { host: request.host, places: places satisfies Places });
}

function checkUsage(home: Place, { credentials, client, run }: Asker): Promise<CheckResult> {
  const { host } = usageRequest(credentials, home, run.platform.clock.now());
  const ask = () => client.ask(usageRequest(credentials, home, run.platform.clock.now()));
  return run.check('usage_read', ask, { host, places: { home: home.region } });
}

function endedBy({ outcome, retryAfterMs }: CheckResult): Omit<TestResult, 'checks'> {
  return { outcome, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** The format check has compared them; here it is told. */
const KEY_MATCH = { id: 'key_match', status: 'pass', message: 'The fingerprint is that of the private key.' } as const;

function unknownRealm(realm = '') {
  return {
    id: 'identity',
    status: 'fail',
    message: `The addresses of the realm ${realm} are not known here; the test was not made.`,
    remedy:
      'Compare the tenancy OCID with the configuration preview under the user > API keys; its third part is the realm, such as oc1.',
  } as const;
}

function regionRemedy({ region, domain }: Place): string {
  return `Nothing is wrong on your side so far: {again}. If it stays so, check that ${region} is a region of ${domain}: compare it with the configuration preview under the user > API keys.`;
}

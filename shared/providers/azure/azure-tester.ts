import type { Tester } from '../connection-test.ts';
import { discoveredIn } from '../discovered.ts';
import type { Credentials } from '../format-check.ts';
import { askProvider } from '../provider-http.ts';
import type { CheckResult } from '../test-run.ts';
import { accessTokenIn, withBody, withErrorCodes } from './azure-answers.ts';
import { cloudOf, type AzureCloud } from './azure-clouds.ts';
import { costRequest, subscriptionRequest, tokenRequest } from './azure-requests.ts';

/** Microsoft Azure: a token for the application, the subscription that it shall see, and the cost of a day. */
export const testAzure: Tester = async ({ credentials }, run) => {
  const { endpoints, platform } = run;
  const cloud = cloudOf(credentials);
  const places = placesOf(credentials, cloud);

  const askToken = async () => withErrorCodes(await askProvider(tokenRequest(cloud, credentials), endpoints));
  const token = await run.check('token', askToken, { host: cloud.loginHost, places });
  if (token.isFatal) return refusal(token);
  const accessToken = accessTokenIn(token.answer);

  const askSubscription = () => askProvider(subscriptionRequest(cloud, credentials, accessToken), endpoints);
  const subscription = await run.check('subscription', askSubscription, { host: cloud.armHost, places });
  if (subscription.isFatal) return refusal(subscription);

  const askCost = async () =>
    withBody(await askProvider(costRequest(cloud, credentials, accessToken, platform.clock.now()), endpoints));
  const cost = await run.check('cost_read', askCost, { host: cloud.armHost, places });
  if (cost.isFatal) return refusal(cost);

  return { outcome: 'accepted', discovered: discoveredOf(subscription, credentials) };
};

const DISCOVERED = { subscription_name: 'displayName', tenant_id: 'tenantId', state: 'state' };

/** The ids are no secrets, and the directory's own is worth keeping where the credential has a domain. */
function discoveredOf({ answer }: CheckResult, { client_secret = '' }: Credentials) {
  return discoveredIn(answer?.body, DISCOVERED, { client_secret });
}

function placesOf({ tenant_id = '', client_id = '', subscription_id = '' }: Credentials, { cliName }: AzureCloud) {
  const in_cloud = cliName === 'AzureCloud' ? '' : `az cloud set --name ${cliName} && az login && `;
  return { tenant_id, client_id, subscription_id, in_cloud };
}

function refusal({ outcome, retryAfterMs }: CheckResult) {
  return { outcome, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

import type { STSClient } from '@aws-sdk/client-sts';
import type { TestResult } from '../connection-test.ts';
import { matchesBody } from '../body-match.ts';
import type { ProviderAnswer } from '../provider-http.ts';
import type { CheckResult, TestRun } from '../test-run.ts';
import type { AwsPartition } from './aws-partition.ts';
import type { AwsKeys } from './aws-request.ts';
import { askSts } from './sts.ts';

/** Sends one command to STS; without keys it is not signed. */
export type AskSts = (send: (client: STSClient) => Promise<object>, keys?: AwsKeys) => Promise<ProviderAnswer>;

/** STS of the commercial cloud, for accounts that have switched the regional one off. */
const GLOBAL = 'https://sts.amazonaws.com';

export function askStsOf({ region }: AwsPartition, run: TestRun): AskSts {
  return async (send, keys) => {
    const answer = await askSts(send, { region, keys }, run);
    const isElsewhere = matchesBody({ path: 'Error.Code', pattern: '^RegionDisabledException$' }, answer.body);
    if (!isElsewhere || region !== 'us-east-1') return answer;
    // The first answer counts when there is no second one.
    return askSts(send, { region, keys, endpoint: GLOBAL }, run).catch(() => answer);
  };
}

/** What a check that failed makes of the test. */
export function ended({ outcome, retryAfterMs }: CheckResult): Omit<TestResult, 'checks'> {
  return { outcome, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

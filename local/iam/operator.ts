import type { Accounts } from './accounts.ts';
import type { KeyFile, Keys } from './keys.ts';
import type { Secrets } from './secrets.ts';

/** The account that owns every project: what a person on this machine calls the embedded cloud with. */
export interface Operator {
  readonly email: string;
  /** Its key file, the same for as long as the store lives; `tokenUri` is where foreign clients find our token endpoint. */
  credentials(tokenUri: string): Promise<KeyFile>;
}

const ACCOUNT_ID = 'operator';

export function createOperator(
  projectId: string,
  { accounts, keys, secrets }: { accounts: Accounts; keys: Keys; secrets: Secrets },
): Operator {
  const email = `${ACCOUNT_ID}@${projectId}.iam.gserviceaccount.com`;
  const account = accounts.find(email) ?? accounts.create(projectId, ACCOUNT_ID, 'Owns every project');
  return {
    email,
    async credentials(tokenUri) {
      const file = await secrets.get('operator-key-file', async () => JSON.stringify(await keys.create(account)));
      return { ...(JSON.parse(file) as KeyFile), token_uri: tokenUri };
    },
  };
}

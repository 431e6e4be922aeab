import type { BigQuery } from '@google-cloud/bigquery';
import type { IntegrationRow } from '../../credentials/integration-row.ts';
import { isLive } from '../../credentials/integration-row.ts';
import type { IntegrationStore } from '../../credentials/integration-store.ts';
import { openCredential, type OpenDeps } from '../../credentials/open-credential.ts';
import type { CustomerCredential } from '../../gcp/customer-auth.ts';
import { TokenRefusedError } from '../../gcp/service-account-auth.ts';
import { CUSTOMER } from '../customer.ts';
import { PipelineError } from '../pipeline-error.ts';
import type { Processor } from '../processor.ts';

export interface AuthenticatorDeps extends OpenDeps {
  readonly store: Pick<IntegrationStore, 'findSealed' | 'append'>;
  /** BigQuery as the customer, with a read-only token. */
  connect(customer: CustomerCredential): BigQuery;
}

const PROVIDER_KEY = 'GCP_SA';

/** Opens the organisation's VALID credential, a key or what it granted to us, and gets a token by it. Leaves: the customer. */
export function gcpAuthenticator(deps: AuthenticatorDeps): Processor {
  return {
    async run({ run, handover }) {
      const row = await deps.store.findSealed(run.org, PROVIDER_KEY);
      const usable = usableRow(row, deps.clock.now());
      const credentials = await openCredential(usable, { actor: `job:${run.pipeline.id}`, requestId: run.id }, deps);
      const bigQuery = deps.connect({ org: run.org, credentials: credentials.reveal() });
      await getToken(bigQuery);
      handover.put(CUSTOMER, { bigQuery, credentialId: usable.credential_id, metadata: usable.metadata });
    },
  };
}

/** Pipelines use VALID rows, nothing else. */
function usableRow(row: IntegrationRow | undefined, now: Date): IntegrationRow {
  if (!isLive(row)) throw new PipelineError('integration_not_valid', 'The Google Cloud integration is not set up');
  if (row.validation_status !== 'VALID') {
    throw new PipelineError(
      'integration_not_valid',
      `The Google Cloud integration is ${row.validation_status}, not VALID`,
    );
  }
  if (row.expires_at !== null && new Date(row.expires_at) <= now) {
    throw new PipelineError('integration_not_valid', 'The Google Cloud credential has passed its expiry date');
  }
  return row;
}

async function getToken(bigQuery: BigQuery): Promise<void> {
  try {
    await bigQuery.authClient.getAccessToken();
  } catch (err) {
    throw tokenFailure(err);
  }
}

function tokenFailure(err: unknown): PipelineError {
  const isOutage = !(err instanceof TokenRefusedError) || err.status === 429 || err.status >= 500;
  return isOutage
    ? new PipelineError('backend_unavailable', 'Google gives no tokens at the moment', { cause: err })
    : new PipelineError('credential_refused', `Google refuses a token for the credential (${err.error})`, {
        cause: err,
      });
}

import { CredentialCache } from '../../shared/credentials/credential-cache.ts';
import { CredentialCipher } from '../../shared/credentials/credential-cipher.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { bigQuery } from '../../shared/gcp/bigquery.ts';
import { customerBigQuery } from '../../shared/gcp/customer-bigquery.ts';
import { kmsClient } from '../../shared/gcp/kms.ts';
import { bigQueryLoader } from '../../shared/pipelines/processors/bigquery-loader.ts';
import { externalBqExtractor } from '../../shared/pipelines/processors/external-bq-extractor.ts';
import { gcpAuthenticator } from '../../shared/pipelines/processors/gcp-authenticator.ts';
import { validateGcpIntegration } from '../../shared/pipelines/processors/validate-gcp-integration.ts';
import { startJob } from '../start-job.ts';

/** Flow 2, first half: a billing export as it stands at the customer becomes raw rows of the organisation. */
await startJob({
  name: 'billing',
  needsCredential: true,
  processors({ platform, warehouseOf }) {
    const { config, clock } = platform;
    return {
      GCPAuthenticator: gcpAuthenticator({
        clock,
        store: new IntegrationStore(bigQuery(platform, { maxRetries: 3 }), config),
        cipher: new CredentialCipher(kmsClient(platform), config.kmsKey),
        cache: new CredentialCache(clock, config.cacheTtlSeconds),
        connect: (key) => customerBigQuery(platform, key),
      }),
      ValidateGcpIntegration: validateGcpIntegration,
      ExternalBqExtractor: externalBqExtractor(warehouseOf),
      BigQueryLoader: bigQueryLoader(warehouseOf),
    };
  },
});

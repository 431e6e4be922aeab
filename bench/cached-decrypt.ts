import { CredentialCache } from '../shared/credentials/credential-cache.ts';
import { CredentialCipher } from '../shared/credentials/credential-cipher.ts';
import { IntegrationStore } from '../shared/credentials/integration-store.ts';
import { openCredential } from '../shared/credentials/open-credential.ts';
import { bigQuery } from '../shared/gcp/bigquery.ts';
import { kmsClient } from '../shared/gcp/kms.ts';
import { Secret } from '../shared/platform/secret.ts';
import { aRow } from '../test/credentials/fixtures.ts';
import { startBenchCloud } from './bench-cloud.ts';
import type { Benchmark, Size } from './benchmark.ts';
import { median } from './load.ts';

const OPENER = { actor: 'bench', requestId: null };
const COLD_READERS = 1_000;
const ROUNDS = 5;
const WARM_READS: Readonly<Record<Size, number>> = { tiny: 1_000, quick: 50_000, full: 200_000 };

/** Opens a credential as the pipelines do: through the cipher, behind the cache. */
export const benchmark: Benchmark = {
  title: `a credential that is at hand, and ${COLD_READERS} readers at once of one that is not`,
  async run(size) {
    await using cloud = await startBenchCloud();
    const { config, clock } = cloud.platform;
    const kms = kmsClient(cloud.platform);
    const cipher = new CredentialCipher(kms, config.kmsKey);
    const store = new IntegrationStore(bigQuery(cloud.platform), config);
    const cache = new CredentialCache(clock, config.cacheTtlSeconds);
    try {
      const context = { org: 'acme', providerKey: 'OPENAI', credentialId: 'cred_bench' };
      const sealed = await cipher.encrypt(Secret.of({ api_key: 'sk-bench-0123456789' }), context);
      const row = aRow({ credential_id: context.credentialId, encrypted_credentials: sealed.ciphertext });
      const open = () => openCredential(row, OPENER, { cipher, cache, store, clock });

      const coldStart = performance.now();
      await Promise.all(Array.from({ length: COLD_READERS }, open));
      const coldMs = performance.now() - coldStart;
      const kmsCalls = await cloud.calls('kms', 'Decrypt');

      const rounds: number[] = [];
      for (let round = 0; round <= ROUNDS; round += 1) rounds.push(await microsecondsPerRead(open, WARM_READS[size]));
      const warmMicroseconds = median(rounds.slice(1)); // the first was for the compiler
      return {
        columns: ['readers', 'reads', 'total ms', 'µs a read', 'KMS calls'],
        rows: [
          {
            readers: 'cold',
            reads: COLD_READERS,
            'total ms': coldMs,
            'µs a read': (coldMs * 1000) / COLD_READERS,
            'KMS calls': kmsCalls,
          },
          {
            readers: 'warm',
            reads: WARM_READS[size],
            'total ms': (warmMicroseconds * WARM_READS[size]) / 1000,
            'µs a read': warmMicroseconds,
            'KMS calls': (await cloud.calls('kms', 'Decrypt')) - kmsCalls,
          },
        ],
        budgets: [
          { what: 'cached decrypt', measured: warmMicroseconds, limit: 50, unit: 'µs' },
          { what: `KMS calls of ${COLD_READERS} cold readers`, measured: kmsCalls, limit: 1, unit: '' },
        ],
      };
    } finally {
      cache.close();
      await kms.close();
    }
  },
};

async function microsecondsPerRead(open: () => Promise<unknown>, reads: number): Promise<number> {
  const startedAt = performance.now();
  for (let read = 0; read < reads; read += 1) await open();
  return ((performance.now() - startedAt) * 1000) / reads;
}

import { CredentialCipher } from '../../shared/credentials/credential-cipher.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { UpkeepStore } from '../../shared/credentials/upkeep-store.ts';
import { validationTopic } from '../../shared/credentials/validation-request.ts';
import { bigQuery } from '../../shared/gcp/bigquery.ts';
import { kmsClient } from '../../shared/gcp/kms.ts';
import { primaryVersions } from '../../shared/gcp/kms-keys.ts';
import { messageQueue } from '../../shared/gcp/message-queue.ts';
import { topicOf } from '../../shared/gcp/pubsub.ts';
import { listScheduleEntries } from '../../shared/gcp/scheduler-jobs.ts';
import { RunRequests } from '../../shared/pipelines/run-requests.ts';
import { platformFromEnv } from '../../shared/platform/platform.ts';
import { checkSchedules } from './check-schedules.ts';
import { drainDeadLetters } from './drain-dead-letters.ts';
import { expireRunOut } from './expire.ts';
import { reencryptOld } from './re-encrypt.ts';
import { republishOverdue, retestDue } from './request-tests.ts';
import type { Report } from './task.ts';

/** Cloud Run job, every 10 minutes: mends what separate writes can leave behind, and does what time asks for. */
const platform = platformFromEnv('job-upkeep');
const { config, clock, log } = platform;
const topic = topicOf(platform, config.validationTopic);
const deadLetters = messageQueue(platform, config.deadLetterSubscription);
const client = bigQuery(platform);
const upkeep = new UpkeepStore(client, config, clock);
const store = new IntegrationStore(client, config);
const runs = new RunRequests(client, config, clock);
const cipher = new CredentialCipher(kmsClient(platform), config.kmsKey);
const requests = { store: upkeep, topic: validationTopic(topic), log };

/** In this order: what was given up is known before it is asked for again, and what has run out is not tested. */
const tasks: Readonly<Record<string, () => Promise<Report>>> = {
  'drain-dead-letters': () => drainDeadLetters({ deadLetters, store, clock, log }),
  expire: () => expireRunOut({ upkeep, store, clock, log }),
  republish: () => republishOverdue(requests),
  retest: () => retestDue(requests),
  're-encrypt': () => reencryptOld({ upkeep, store, cipher, keys: primaryVersions(platform), clock, log }),
  'mend-history': async () => ({ done: await upkeep.mendHistory(), failed: 0 }),
  'close-lost-runs': async () => ({ done: await runs.closeLost(), failed: 0 }),
  'check-schedules': () => checkSchedules({ list: () => listScheduleEntries(platform), config, log }),
};

try {
  for (const [task, run] of Object.entries(tasks)) {
    const report = await run().catch((error: unknown) => {
      log.error('upkeep-task-failed', { task, error });
      return { done: 0, failed: 1 };
    });
    log.info('upkeep-task-done', { task, ...report });
    // Exit code 1 asks for another try.
    if (report.failed > 0) process.exitCode = 1;
  }
} finally {
  await Promise.all([topic.pubsub.close(), deadLetters.close()]);
}

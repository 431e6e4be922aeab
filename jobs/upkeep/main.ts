import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { validationTopic } from '../../shared/credentials/validation-request.ts';
import { bigQuery } from '../../shared/gcp/bigquery.ts';
import { topicOf } from '../../shared/gcp/pubsub.ts';
import { platformFromEnv } from '../../shared/platform/platform.ts';
import { republishOverdue } from './republish.ts';

/** Cloud Run job, every 10 minutes: mends what two separate writes can leave behind. Exit code 1 asks for another try. */
const platform = platformFromEnv('job-upkeep');
const topic = topicOf(platform, platform.config.validationTopic);
try {
  const report = await republishOverdue({
    ...platform,
    store: new IntegrationStore(bigQuery(platform), platform.config),
    topic: validationTopic(topic),
  });
  platform.log.info('upkeep-done', report);
  process.exitCode = report.failed > 0 ? 1 : 0;
} catch (error) {
  platform.log.error('upkeep-failed', { error });
  process.exitCode = 1;
} finally {
  await topic.pubsub.close();
}

import { join } from 'node:path';
import type { StartSettings } from '../shared/platform/config.ts';
import { startCloud, type Cloud } from './cloud.ts';
import { gateway } from './gateway/gateway.ts';
import { localApi } from './gateway/local-api.ts';
import { productEnvironment } from './host/environment.ts';
import { hostFunctions, type FunctionHost } from './host/functions.ts';
import { createJobHost, type JobHost } from './host/jobs.ts';
import { listen } from './kit/api-server.ts';
import { orgIdentities } from './org-identities.ts';
import { makeIdentities, provision } from './provision.ts';
import { startRun } from './run/run.ts';
import { startCustomerApis } from './sandbox/google/start.ts';
import { startSandboxes } from './sandbox/sandboxes.ts';
import { provisionSchedules } from './scheduler/provision-schedules.ts';
import { startScheduler } from './scheduler/scheduler.ts';
import {
  awsSubjects,
  emailOf,
  INTEGRATIONS_DATASET,
  JOB_GRANTS,
  jobAccount,
  keyName,
  VALIDATION_TOPIC,
} from './topology.ts';

export interface RuntimeOptions {
  readonly dataDir: string;
  /** Port (0: any free one) and endpoints that win over the sandbox. */
  readonly settings: StartSettings;
  /** Real provider endpoints instead of sandboxes. */
  readonly live?: boolean;
}

/** The embedded cloud with all functions and jobs on it. */
export interface Runtime {
  readonly url: string;
  readonly cloud: Cloud;
  readonly jobs: JobHost;
  sandboxCases: Awaited<ReturnType<typeof startSandboxes>>['cases'];
  info(): Promise<object>;
  close(): Promise<void>;
}

/** Answers while the functions are loaded. */
const STARTING: Pick<FunctionHost, 'handle'> = {
  handle: (_name, _req, res) => void res.writeHead(503, { 'retry-after': '1' }).end(),
};

export const PROJECT_ID = 'integration-setup-local';
export const LOCATION = 'us-central1';

/** Starts everything; answers when the first request can come. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const cloud = await startCloud({ dataDir: options.dataDir, projectId: PROJECT_ID, location: LOCATION });
  await makeIdentities(cloud);
  const sandboxes = await startSandboxes(cloud.context, { iam: cloud.iam, endpoints: cloud.endpoints });
  const customerApis = await startCustomerApis(cloud.context, cloud.iam);
  const identities = orgIdentities(cloud);
  const logs = join(options.dataDir, 'log');
  let environment: Record<string, string> = {};
  const jobEnvironment = new Map<string, Record<string, string>>();
  const jobs = createJobHost({
    environment: (job) => ({ ...environment, ...jobEnvironment.get(job) }),
    clockOffsetMs: () => cloud.context.clock.now().getTime() - Date.now(),
    logFile: join(logs, 'jobs.jsonl'),
    compileCache: join(options.dataDir, 'compile-cache'),
  });
  for (const job of Object.keys(JOB_GRANTS)) {
    const { host, port } = await cloud.metadataFor(emailOf(jobAccount(job), PROJECT_ID));
    jobEnvironment.set(job, { GCE_METADATA_HOST: `${host}:${port}`, METADATA_SERVER_DETECTION: 'assume-present' });
  }
  const run = await startRun(cloud.context, jobs);
  const scheduler = await startScheduler(cloud.context, {
    accessToken: (email, scopes) => cloud.iam.accessToken(email, scopes),
    reroute: (uri) => uri.replace(/^https:\/\/run\.googleapis\.com/, run.url),
  });

  // The port is bound before the functions exist, since their configuration names it.
  const hosted: { functions?: FunctionHost } = {};
  const welcome = (org: string): Promise<void> => identities.ensure(org);
  const steering = localApi({ cloud, jobs, info, sandbox: (org) => sandboxCases(org), welcome });
  const front = await listen(
    (req, res) => gateway(hosted.functions ?? STARTING, steering, welcome)(req, res),
    options.settings.port,
  );
  // As its own service in production, the push target has its own address and is not behind the load balancer.
  const validation = await listen((req, res) => (hosted.functions ?? STARTING).handle('validation', req, res));

  environment = productEnvironment({
    projectId: PROJECT_ID,
    location: LOCATION,
    endpoints: { ...cloud.endpoints, run: run.url, scheduler: scheduler.url },
    customerApis: customerApis.endpoints,
    baseUrl: front.url,
    issuer: cloud.issuer.issuer,
    audience: cloud.issuer.audience,
    providerEndpoints: { ...sandboxes.providerEndpoints, ...options.settings.providers },
    googleApiOverrides: options.settings.googleApis,
    providerRegistry: options.settings.providerRegistry,
    rateLimits: options.settings.rateLimits,
    awsSubjects: awsSubjects(cloud.iam, PROJECT_ID),
    live: options.live ?? false,
  });
  hosted.functions = await hostFunctions(cloud, environment, join(logs, 'functions.jsonl'));
  await provision(cloud, validation.url);
  provisionSchedules(scheduler, { projectId: PROJECT_ID, location: LOCATION });

  async function sandboxCases(org: string): ReturnType<typeof sandboxes.cases> {
    // A case without a key is about the identity of its organisation.
    await identities.ensure(org);
    return sandboxes.cases(org);
  }

  async function info(): Promise<object> {
    const metadata = await cloud.metadataFor(cloud.iam.operator.email);
    const scopes = ['https://www.googleapis.com/auth/cloud-platform'];
    return {
      project_id: PROJECT_ID,
      location: LOCATION,
      endpoints: { ...cloud.endpoints, run: run.url, scheduler: scheduler.url, metadata },
      kms_key: keyName(PROJECT_ID, LOCATION),
      datasets: { integrations: INTEGRATIONS_DATASET },
      topic: `projects/${PROJECT_ID}/topics/${VALIDATION_TOPIC}`,
      operator: {
        credentials: await cloud.iam.operator.credentials(`${cloud.endpoints.oauth}/token`),
        access_token: await cloud.iam.accessToken(cloud.iam.operator.email, scopes),
      },
    };
  }

  return {
    url: front.url,
    cloud,
    jobs,
    sandboxCases,
    info,
    async close() {
      await scheduler.close();
      await jobs.close();
      await run.close();
      await front.close();
      await validation.close();
      await sandboxes.close();
      await customerApis.close();
      await cloud.close();
      await hosted.functions?.close();
    },
  };
}

import type { DatabaseSync } from 'node:sqlite';
import { startBigQuery } from './bigquery/bigquery.ts';
import { createIam, type Iam } from './iam/iam.ts';
import { createIssuer, type Issuer } from './iam/issuer.ts';
import { startIamApi } from './iam/iam-api.ts';
import { startOAuth } from './iam/oauth.ts';
import { startMetadata } from './iam/metadata.ts';
import { createClock, type AdvancingClock } from './kit/clock.ts';
import type { ServiceContext } from './kit/contracts.ts';
import { createFaults, type FaultBox } from './kit/faults.ts';
import { createJournal, type Journal } from './kit/journal.ts';
import { startKms } from './kms/kms.ts';
import { startPubSub } from './pubsub/pubsub.ts';
import { openState } from './host/state.ts';

/** Base URLs of the embedded services; `pubsub` and `kms_grpc` are host:port, as gRPC clients want them. */
export interface Endpoints {
  readonly kms_rest: string;
  readonly kms_grpc: string;
  readonly bigquery: string;
  readonly pubsub: string;
  readonly oauth: string;
  readonly iam: string;
}

/** The embedded Google Cloud without the product: what our code, and anybody's official client, talks to. */
export interface Cloud {
  readonly context: ServiceContext & { clock: AdvancingClock; faults: FaultBox; journal: Journal };
  readonly iam: Iam;
  readonly issuer: Issuer;
  readonly endpoints: Endpoints;
  /** A metadata server whose only identity is `email`: what a job's `GCE_METADATA_HOST` points at. */
  metadataFor(email: string): Promise<{ host: string; port: number }>;
  close(): Promise<void>;
}

export interface CloudOptions {
  readonly dataDir: string;
  readonly projectId: string;
  readonly location: string;
}

/** Starts every service on a free loopback port; their state lives below `dataDir`. */
export async function startCloud({ dataDir, projectId, location }: CloudOptions): Promise<Cloud> {
  const db: DatabaseSync = openState(dataDir);
  const clock = createClock(db);
  const iam = await createIam({ db, clock, projectId });
  const context = {
    db,
    clock,
    auth: iam,
    policy: iam,
    faults: createFaults(),
    journal: createJournal(),
    dataDir,
    projectId,
    location,
  };
  const closers: (() => Promise<void>)[] = [];
  const kept = <T extends { close(): Promise<void> }>(service: T): T => {
    closers.unshift(() => service.close());
    return service;
  };

  const [oauth, iamApi, kms, bigquery] = await Promise.all([
    startOAuth(context, iam).then(kept),
    startIamApi(context, iam).then(kept),
    startKms(context).then(kept),
    startBigQuery(context).then(kept),
  ]);
  const pubsub = kept(await startPubSub(context, { idToken: (email, audience) => iam.idToken(email, audience) }));
  const metadata = new Map<string, Promise<{ host: string; port: number }>>();

  return {
    context,
    iam,
    issuer: await createIssuer({ db, clock }),
    endpoints: {
      kms_rest: kms.restUrl,
      kms_grpc: kms.grpcAddress,
      bigquery: bigquery.url,
      pubsub: pubsub.address,
      oauth: oauth.url,
      iam: iamApi.url,
    },
    metadataFor(email) {
      const running = metadata.get(email) ?? startMetadata(context, iam, email).then(kept);
      metadata.set(email, running);
      return running;
    },
    async close() {
      for (const close of closers) await close();
      db.close();
    },
  };
}

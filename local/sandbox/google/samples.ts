import { createHash } from 'node:crypto';

/** What a sample customer runs in a project: a function of the project's id, so that every answer agrees with the others. */
export interface SampleInstance {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly machineType: string;
  readonly status: string;
  readonly createdAt: string;
}

export interface SampleBucket {
  readonly name: string;
  readonly location: string;
  readonly storageClass: string;
  readonly createdAt: string;
}

export interface SampleSeries {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly resourceLabels: Readonly<Record<string, string>>;
  readonly perMinute: number;
}

export const ZONES = ['europe-west3-a', 'europe-west3-b', 'us-central1-a', 'us-east1-b'] as const;
const CREATED = '2026-01-15T08:00:00.000-08:00';

export function sampleInstances(projectId: string): SampleInstance[] {
  const rows = [
    ['web-1', 'europe-west3-a', 'e2-standard-4', 'RUNNING'],
    ['web-2', 'europe-west3-a', 'e2-standard-4', 'RUNNING'],
    ['batch-1', 'us-central1-a', 'n2-standard-8', 'TERMINATED'],
  ] as const;
  return rows.map(([name, zone, machineType, status]) => {
    return { id: numberOf(`${projectId}/${name}`), name, zone, machineType, status, createdAt: CREATED };
  });
}

export function sampleBuckets(projectId: string): SampleBucket[] {
  const prefix = projectId.replaceAll(/[^a-z0-9-]/g, '-');
  return [
    { name: `${prefix}-assets`, location: 'EU', storageClass: 'STANDARD', createdAt: '2026-01-15T16:00:00.000Z' },
    {
      name: `${prefix}-backup`,
      location: 'US-CENTRAL1',
      storageClass: 'NEARLINE',
      createdAt: '2026-01-15T16:00:00.000Z',
    },
  ];
}

const TOKEN_COUNT = 'aiplatform.googleapis.com/publisher/online_serving/token_count';

/** Undefined: nobody ever wrote such a metric. */
export function sampleSeries(projectId: string, metric: string): SampleSeries[] | undefined {
  if (metric !== TOKEN_COUNT) return undefined;
  return (['input', 'output'] as const).map((type, index) => ({
    metric,
    labels: { type, request_type: 'shared' },
    resourceLabels: {
      resource_container: projectId,
      location: 'us-central1',
      publisher: 'google',
      model_user_id: 'sample-model',
      model_version_id: '',
    },
    perMinute: 1200 / (index + 1),
  }));
}

/** Nineteen digits, as ids of Compute Engine are. */
function numberOf(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  return String(1_000_000_000_000_000_000n + (digest.readBigUInt64BE() % 8_000_000_000_000_000_000n));
}

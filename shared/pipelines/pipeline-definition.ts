/** A pipeline as its YAML file under `configs/` says it; `configs/pipelines.schema.json` is the same in JSON Schema. */
export interface PipelineDefinition {
  /** Path of the file below `configs/`, without its ending: `cloud/gcp/cost/billing`. */
  readonly id: string;
  readonly name: string;
  /** Slug of the provider registry. */
  readonly provider: string;
  /** Cron in `Etc/UTC`. */
  readonly schedule: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepDefinition[];
  readonly destination: Destination;
}

export interface StepDefinition {
  readonly id: string;
  /** Name in the job's table of processors. */
  readonly processor: string;
  readonly with: Readonly<Record<string, unknown>>;
  readonly retry: { readonly max: number; readonly backoff_seconds: number };
  readonly timeout_seconds: number;
  /** `stop` ends the run as FAILED, `continue` goes on and ends it as PARTIAL. */
  readonly on_failure: 'stop' | 'continue';
}

/** The table of the organisation's dataset that the pipeline writes. */
export interface Destination {
  readonly table: string;
  readonly partition?: { readonly field: string; readonly type: 'DAY' | 'MONTH'; readonly expiration_days?: number };
  readonly cluster?: readonly string[];
  /** Columns that name one unit of replacement. */
  readonly keys?: readonly string[];
}

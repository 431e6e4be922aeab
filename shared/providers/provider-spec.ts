/** A provider as `configs/system/providers.yml` declares it; `providers.schema.json` checks these shapes at load. */
export type Category = 'cloud' | 'genai' | 'saas';

export const OUTCOMES = [
  'accepted',
  'rejected',
  'expired',
  'insufficient_permission',
  'rate_limited',
  'unreachable',
  'provider_error',
  'blocked',
] as const;
/** What a connection test found; only the first four are a verdict on the credential. */
export type Outcome = (typeof OUTCOMES)[number];

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface FieldPattern {
  readonly field: string;
  readonly pattern: string;
}

/** A row of the table from answer to outcome; the first that fits counts. */
export interface OutcomeRule {
  readonly status: readonly number[];
  /** `path` leads into the JSON answer, dots between names. */
  readonly match?: { readonly path: string; readonly pattern: string };
  readonly outcome: Outcome;
  readonly check?: 'pass' | 'warn';
  readonly message?: string;
  readonly remedy?: string;
}

export interface TestRequest {
  readonly id: string;
  /** Sent only when the credential's field fits. */
  readonly when?: FieldPattern;
  /** A failure only warns, unless the credential's field fits. */
  readonly optional_unless?: FieldPattern;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** What may stand in braces in the URL, beyond `{yesterday_unix}`: from where, and the anchored pattern it must fit. */
  readonly variables?: Readonly<Record<string, { readonly from: string; readonly pattern: string }>>;
  /** `{field}` is replaced by the credential's field. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly outcomes: readonly OutcomeRule[];
}

export type ConnectionTest = { readonly tester: 'gcp' } | { readonly requests: readonly TestRequest[] };

export interface PipelineNeeds {
  readonly id: string;
  readonly needs: readonly { readonly metadata: string; readonly missing: string }[];
}

export interface ProviderSpec {
  readonly key: string;
  readonly slug: string;
  readonly aliases: readonly string[];
  readonly name: string;
  readonly category: Category;
  readonly credential_type: string;
  readonly docs_url: string;
  readonly setup_steps: readonly string[];
  readonly setup_context?: Readonly<Record<string, unknown>>;
  /** The entry is what the user says; there is nothing to test. */
  readonly manual_entry?: true;
  readonly credential?: JsonSchema;
  readonly format_check?: 'service_account';
  readonly secret_shapes: readonly string[];
  /** Metadata field to the credential's field it is taken from. */
  readonly derived_metadata?: Readonly<Record<string, string>>;
  readonly metadata: JsonSchema;
  readonly connection_test?: ConnectionTest;
  readonly rate_limit: { readonly per_minute: number };
  readonly retry: { readonly max: number; readonly backoff_seconds: number };
  readonly permissions: readonly {
    readonly id: string;
    readonly needed_for: string;
    readonly grant: string;
    readonly optional?: boolean;
  }[];
  readonly pipelines: readonly PipelineNeeds[];
}

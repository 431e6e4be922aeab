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

/**
 * A condition on a JSON answer. `path` has dots between names and `[]` behind a list (`error.details[].reason`);
 * one of the values that it leads to has to fit the pattern or be of the type.
 */
export interface BodyMatch {
  readonly path: string;
  readonly pattern?: string;
  readonly type?: 'array' | 'object';
}

/**
 * A row of the table from a provider's signal to what it means; the first that fits counts, and what fits none says
 * nothing about the credential. Texts may hold `{places}` for what the tester knows and nobody has to hide.
 */
export interface OutcomeRule {
  readonly status: readonly number[];
  /** All of them have to hold. */
  readonly match?: BodyMatch | readonly BodyMatch[];
  readonly outcome: Outcome;
  readonly check?: 'pass' | 'warn' | 'skip';
  readonly message?: string;
  readonly remedy?: string;
  /** May heal within seconds, as what was made a moment ago is not known everywhere yet: asked again before it counts. */
  readonly settles?: true;
}

/** A row that may also say what the answer tells beyond its outcome. */
export interface RequestRule extends OutcomeRule {
  /** Id of a later request whose refusal counts after this answer, although it is optional otherwise: this one proves too little. */
  readonly requires?: string;
  /** Kept with the integration when this row decides. */
  readonly discovered?: Readonly<Record<string, string | boolean>>;
}

/** One question to the provider, and the table of its answers. */
export interface CheckSpec {
  readonly id: string;
  /** A failure only warns. */
  readonly optional?: true;
  /** A failure only warns, unless the credential's field fits. */
  readonly optional_unless?: FieldPattern;
  /** No answer, or one that says nothing, only warns, as what went before has proved the credential; a refusal still counts. */
  readonly undecided?: 'warn';
  readonly outcomes: readonly OutcomeRule[];
}

/** Where something worth keeping stands in an accepted answer; with `fields`, of each item of a list. */
export type DiscoveredPath = string | { readonly path: string; readonly fields: Readonly<Record<string, string>> };

export interface TestRequest extends CheckSpec {
  readonly outcomes: readonly RequestRule[];
  /** Sent only when the credential's field fits. */
  readonly when?: FieldPattern;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** What may stand in braces in the URL, beyond `{yesterday}` and `{yesterday_unix}`: from where, and the anchored pattern it must fit. */
  readonly variables?: Readonly<Record<string, { readonly from: string; readonly pattern: string }>>;
  /** `{field}` is replaced by the credential's field. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Name to place in the answer, kept with the integration when the request is accepted. */
  readonly discovered?: Readonly<Record<string, DiscoveredPath>>;
}

/**
 * A kind of credential, told by the look of one of its fields as far as that is certain; the first that fits counts. It is
 * reported as the check `key_kind` and kept under that name.
 */
export interface KindRule extends FieldPattern {
  readonly name: string;
  readonly message: string;
  /** With `check: warn`, what to do about it. */
  readonly remedy?: string;
  readonly check?: 'warn';
}

/** Providers with a signed protocol are asked by code of that name; what their answers mean stands here all the same. */
export type TesterName = 'gcp' | 'aws' | 'azure' | 'oci';
export type ConnectionTest =
  | { readonly tester: TesterName; readonly checks: readonly CheckSpec[] }
  | { readonly kinds?: readonly KindRule[]; readonly requests: readonly TestRequest[] };

export interface PipelineNeeds {
  readonly id: string;
  /** Each is met by any one of its metadata fields. */
  readonly needs: readonly { readonly metadata: readonly string[]; readonly missing: string }[];
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
  /** The entry is what the user says; a credential, where the provider knows one, may be added. */
  readonly manual_entry?: true;
  readonly credential?: JsonSchema;
  /** What a schema cannot see in the credential, checked by code of that name. */
  readonly format_check?: 'service_account' | 'oci_api_key';
  readonly secret_shapes: readonly string[];
  /** Metadata field to the credential's field it is taken from; of several with `|` between them, the first that is there. */
  readonly derived_metadata?: Readonly<Record<string, string>>;
  readonly metadata: JsonSchema;
  /** Metadata fields, also inside lists, of which no two may hold the same. */
  readonly distinct_metadata?: readonly string[];
  readonly connection_test?: ConnectionTest;
  /** `per_minute` for each credential and host, as providers count; `concurrency` (10) for each instance of ours. */
  readonly rate_limit: { readonly per_minute: number; readonly concurrency?: number };
  readonly retry: { readonly max: number; readonly backoff_seconds: number };
  readonly permissions: readonly {
    readonly id: string;
    readonly needed_for: string;
    readonly grant: string;
    readonly optional?: boolean;
  }[];
  readonly pipelines: readonly PipelineNeeds[];
}

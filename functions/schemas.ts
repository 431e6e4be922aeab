import { Type, type TSchema } from '@sinclair/typebox';
import { STATUSES } from '../shared/credentials/lifecycle.ts';
import { ERRORS } from '../shared/platform/errors.ts';
import { RUN_ID, RUN_STATES } from '../shared/pipelines/run-states.ts';
import { OUTCOMES } from '../shared/providers/provider-spec.ts';
import { GROUPS } from './costs/cost-statements.ts';

/** What the API answers; tests hold every answer against these, and the OpenAPI document is made of them. */
const closed = { additionalProperties: false } as const;
const oneOf = (values: readonly string[]) => Type.Unsafe<string>({ type: 'string', enum: [...values] });
const Timestamp = Type.String({ format: 'date-time' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const AnyObject = Type.Object({}, { additionalProperties: true });
const Status = oneOf([...STATUSES, 'NOT_CONFIGURED']);
const Category = oneOf(['cloud', 'genai', 'saas']);
const Outcome = oneOf(OUTCOMES);

export const Check = Type.Object(
  {
    id: Type.String(),
    status: oneOf(['pass', 'fail', 'warn', 'skip']),
    message: Type.String(),
    remedy: Type.Optional(Type.String()),
  },
  closed,
);

export const LastCheck = Type.Object({ outcome: Outcome, at: Timestamp, checks: Type.Array(Check) }, closed);

export const HistoryEntry = Type.Object(
  {
    at: Timestamp,
    actor: Type.String(),
    action: Type.String(),
    from: orNull(Type.String()),
    to: orNull(Type.String()),
    outcome: orNull(Type.String()),
    fingerprint: orNull(Type.String()),
    request_id: orNull(Type.String()),
  },
  closed,
);

const PipelineReadiness = Type.Object(
  { id: Type.String(), ready: Type.Boolean(), missing: Type.Optional(Type.Array(Type.String())) },
  closed,
);

const Candidate = Type.Object(
  {
    validation_status: oneOf(['PENDING', 'INVALID', 'EXPIRED']),
    fingerprint: Type.String({ pattern: '^[0-9a-f]{8}$' }),
    metadata: AnyObject,
    expires_at: Type.Optional(Timestamp),
    submitted_at: Timestamp,
    last_check: Type.Optional(LastCheck),
  },
  { ...closed, description: 'New credentials or metadata under test, or refused; the present ones stay in use.' },
);

const integrationFields = {
  org: Type.String(),
  provider: Type.String({ description: 'Slug of the provider.' }),
  category: Category,
  label: orNull(Type.String()),
  credential_id: Type.String(),
  validation_status: Status,
  fingerprint: Type.String({ pattern: '^[0-9a-f]{8}$' }),
  version: Type.Integer({ minimum: 1, description: 'The ETag.' }),
  metadata: AnyObject,
  last_validated_at: orNull(Timestamp),
  expires_at: orNull(Timestamp),
  candidate: Type.Optional(Candidate),
  last_check: Type.Optional(LastCheck),
  discovered: Type.Optional(AnyObject),
  setup_context: Type.Optional(AnyObject),
  pipelines: Type.Array(PipelineReadiness),
  created_at: Timestamp,
  created_by: Type.String(),
  updated_at: Timestamp,
  updated_by: Type.String(),
};

export const Integration = Type.Object(integrationFields, closed);

export const IntegrationWithHistory = Type.Object({ ...integrationFields, history: Type.Array(HistoryEntry) }, closed);

export const UnsetIntegration = Type.Object(
  {
    org: Type.String(),
    provider: Type.String(),
    category: Category,
    validation_status: Type.Literal('NOT_CONFIGURED'),
    setup_context: Type.Optional(AnyObject),
  },
  closed,
);

export const IntegrationList = Type.Object(
  { integrations: Type.Array(Type.Union([Integration, UnsetIntegration])) },
  closed,
);

export const TestResult = Type.Object({ outcome: Outcome, checks: Type.Array(Check) }, closed);

const Permission = Type.Object(
  { id: Type.String(), needed_for: Type.String(), grant: Type.String(), optional: Type.Optional(Type.Boolean()) },
  closed,
);

const ProviderEntry = Type.Object(
  {
    key: Type.String(),
    slug: Type.String(),
    aliases: Type.Array(Type.String()),
    name: Type.String(),
    category: Category,
    credential_type: Type.String(),
    docs_url: Type.String({ format: 'uri' }),
    setup_steps: Type.Array(Type.String()),
    credential: orNull(AnyObject),
    metadata: AnyObject,
    permissions: Type.Array(Permission),
    pipelines: Type.Array(Type.String()),
    setup_context: Type.Optional(AnyObject),
  },
  closed,
);

export const ProviderList = Type.Object({ providers: Type.Array(ProviderEntry) }, closed);

const Day = Type.String({ format: 'date' });
const RunState = oneOf(RUN_STATES);
const Count = Type.Integer({ minimum: 0 });

const RunStep = Type.Object(
  {
    id: Type.String({ description: 'As in the pipeline; "run" is what ended the run outside its steps.' }),
    state: RunState,
    rows: Count,
    attempts: Count,
    error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String(), remedy: Type.String() }, closed)),
  },
  closed,
);

export const Run = Type.Object(
  {
    id: Type.String({ pattern: RUN_ID.source }),
    pipeline: Type.String(),
    state: RunState,
    requested_by: orNull(Type.String({ description: 'A user, or "schedule".' })),
    from: orNull(Day),
    to: orNull(Day),
    rows: Count,
    bytes: Count,
    started_at: orNull(Timestamp),
    finished_at: orNull(Timestamp),
    steps: Type.Array(RunStep),
  },
  { ...closed, description: 'One run of a pipeline; days in UTC, from included, to excluded, null where open.' },
);

export const RunList = Type.Object({ runs: Type.Array(Run) }, closed);

const Amount = Type.String({ pattern: '^-?[0-9]+(?:\\.[0-9]+)?$', description: 'Exact decimal number.' });

const CostRow = Type.Object(
  {
    ...Object.fromEntries(GROUPS.map((group) => [group, Type.Optional(orNull(Type.String()))])),
    billing_currency: Type.String(),
    billed_cost: Amount,
    effective_cost: Amount,
    list_cost: Amount,
  },
  { ...closed, description: 'The groups that were asked for, and their money in one currency.' },
);

const Reconciliation = Type.Object(
  {
    billing_account_id: Type.String(),
    invoice_month: orNull(Type.String()),
    currency: Type.String(),
    source: Amount,
    focus: Amount,
    difference: Amount,
  },
  { ...closed, description: 'Cost and credits of an invoice in the export, and what FOCUS bills of it.' },
);

export const Costs = Type.Object(
  {
    rows: Type.Array(CostRow),
    as_of: orNull(Type.String({ format: 'date-time', description: 'When the costs were changed last.' })),
    reconciliation: Type.Array(Reconciliation),
  },
  closed,
);

export const Health = Type.Object({ status: Type.Literal('ok') }, closed);

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: oneOf(Object.keys(ERRORS)),
    detail: Type.String(),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.String({ description: 'JSON pointer into the body.' }),
            code: Type.String(),
            message: Type.String(),
            hint: Type.String(),
          },
          closed,
        ),
      ),
    ),
    request_id: Type.String(),
  },
  closed,
);

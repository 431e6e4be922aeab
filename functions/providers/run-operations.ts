import { RUN_STATES } from '../../shared/pipelines/run-states.ts';
import { MAX_GROUPS } from '../costs/cost-request.ts';
import { GROUPS } from '../costs/cost-statements.ts';
import { DEFAULT_LIMIT, MAX_LIMIT, PIPELINE_ID } from '../pipelines/run-filter.ts';
import { RunBody } from '../pipelines/start-body.ts';
import { JSON_ONLY, plain, query, text, type OperationDoc } from './operation-doc.ts';

/** What `pipelines` answers. */
export function runOperations(): Readonly<Record<string, OperationDoc>> {
  const run = (description: string) => ({ description, schema: 'Run' });
  return {
    'GET /pipelines/{org}/runs': {
      id: 'listRuns',
      summary: 'Runs of pipelines with their steps, newest first',
      answers: { 200: { description: 'The newest runs', schema: 'RunList' } },
      problems: [400],
      parameters: [
        query(
          'pipeline',
          { type: 'string', pattern: PIPELINE_ID.source, maxLength: 200 },
          'Only runs of this pipeline.',
        ),
        query('state', { enum: [...RUN_STATES] }, 'Only runs in this state.'),
        query(
          'limit',
          { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
          'At most so many runs.',
        ),
      ],
    },
    'POST /pipelines/{org}/runs': {
      id: 'startRun',
      summary: 'Run a pipeline, for some days or for all that has changed',
      answers: {
        200: run('A run of this pipeline and these days is under way already'),
        202: run('Queued; its job was started'),
      },
      problems: [400, 404, 413, 415],
      body: { required: true, content: { 'application/json': { schema: plain(RunBody) } } },
    },
    'GET /pipelines/{org}/runs/{id}': {
      id: 'getRun',
      summary: 'One run with its steps',
      answers: { 200: run('The run') },
      problems: [404],
    },
    'POST /pipelines/{org}/runs/{id}/cancel': {
      id: 'cancelRun',
      summary: 'Call a run off; what it has landed by then stays',
      answers: {
        200: run('It never began, or has ended already: then it is as it ended'),
        202: run('It is CANCELLED; its process stops within 10 s'),
      },
      problems: [400, 404, 413, 415],
    },
  };
}

/** What `costs` answers. */
export function costOperations(): Readonly<Record<string, OperationDoc>> {
  return { 'GET /costs/{org}': costOperation() };
}

function costOperation(): OperationDoc {
  const day = { type: 'string', format: 'date' };
  const groups = GROUPS.join('|');
  return {
    id: 'getCosts',
    summary: 'Costs of an organisation over FOCUS, exactly',
    answers: {
      200: {
        description: 'Sums per group and currency; CSV and Parquet hold the rows alone',
        schema: 'Costs',
        types: [...JSON_ONLY, 'text/csv', 'application/vnd.apache.parquet'],
        headers: { 'Content-Disposition': text('The name of a download.', { pattern: '^attachment; filename="' }) },
      },
    },
    problems: [400],
    parameters: [
      query('from', day, 'First day in UTC, included; by default the first of this month.'),
      query('to', day, 'Last day in UTC, excluded; by default the first of the next month.'),
      query(
        'group_by',
        {
          type: 'string',
          pattern: `^(?:${groups})(?:,(?:${groups})){0,${MAX_GROUPS - 1}}$`,
          examples: ['service,day'],
        },
        'Up to three different groups with commas; without any, one sum per currency.',
      ),
    ],
  };
}

import { PipelineError, toPipelineError } from '../pipeline-error.ts';

interface Refusal {
  readonly code?: unknown;
  readonly message?: string;
  readonly errors?: readonly { readonly reason?: string }[];
}

/**
 * Makes a call with the customer's identity, and says what the customer can mend: a table that is not there, a role that is
 * missing. Google's own words are read, never shown.
 *
 * @param table - `project.dataset.table`
 */
export async function customerCall<T>(table: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (err) {
    throw refusal(table, err as Refusal) ?? err;
  }
}

function refusal(table: string, err: Refusal): PipelineError | undefined {
  // A quota answers 403 as well, and is no role that is missing.
  if (toPipelineError(err).retryable) return undefined;
  switch (err.code) {
    case 403:
      return denial(table, err);
    case 404:
      return absence(table, err);
    case 400:
      return fault(table, err);
    default:
      return undefined;
  }
}

function denial(table: string, cause: Refusal): PipelineError {
  const { message = '', errors = [] } = cause;
  const dataset = datasetOf(table);
  if (/bigquery\.jobs\.create/.test(message)) {
    return new PipelineError('source_access_denied', `The service account may not run the query that reads ${table}`, {
      cause,
      remedy: 'Grant it BigQuery Job User (roles/bigquery.jobUser) on its own project, then run the pipeline again.',
    });
  }
  if (/VPC Service Controls|vpcServiceControls/.test(message)) {
    return new PipelineError('source_access_denied', `A service perimeter keeps ${table} from being read`, {
      cause,
      remedy: `Let the service account read BigQuery through the perimeter (VPC Service Controls) around ${dataset}.`,
    });
  }
  if (errors[0]?.reason === 'billingNotEnabled') {
    return new PipelineError('source_access_denied', `Billing is switched off for the project that reads ${table}`, {
      cause,
      remedy: 'Switch billing on for the project of the service account.',
    });
  }
  return new PipelineError('source_access_denied', `The service account may not read ${table}`, {
    cause,
    remedy:
      `Grant it BigQuery Data Viewer (roles/bigquery.dataViewer) on ${dataset}, then run the pipeline again. ` +
      'For a view, the view has to be authorised on the datasets that it reads.',
  });
}

function absence(table: string, cause: Refusal): PipelineError {
  if (/Not found: Dataset/.test(cause.message ?? '')) {
    return new PipelineError('source_not_found', `The dataset of ${table} does not exist, or not in this location`, {
      cause,
    });
  }
  return new PipelineError('source_not_found', `${table} does not exist`, { cause });
}

function fault(table: string, cause: Refusal): PipelineError | undefined {
  const { message = '', errors = [] } = cause;
  // Page tokens end when the table is replaced.
  if (/page ?token/i.test(message)) {
    return new PipelineError('source_changed', `${table} was replaced while it was read`, { cause });
  }
  if (errors[0]?.reason !== 'invalidQuery') return undefined;
  return new PipelineError('source_unsupported', `BigQuery refuses the query that reads ${table}`, {
    cause,
    remedy: `Run SELECT * FROM \`${table}\` LIMIT 1 in the console; if that fails, mend the view.`,
  });
}

function datasetOf(table: string): string {
  return table.slice(0, table.lastIndexOf('.'));
}

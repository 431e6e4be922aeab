import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { LocalCatalog } from '../catalog/catalog.ts';
import { checkedFields } from '../catalog/schemas.ts';
import type { FieldSchema } from '../contracts.ts';
import { invalid, unsupported, type ErrorProto } from '../errors.ts';
import { fullJobId, JobFailure, type Job, type Outcome } from '../jobs/job.ts';
import { assertHere, destinationOf } from '../jobs/job-location.ts';
import { isObject, isTrue, textOf, type Json } from '../requests.ts';
import type { CsvOptions } from './csv-rows.ts';
import { normaliseFile } from './normalise-file.ts';
import type { Normalised } from './normalise.ts';
import { partitionTask, type Plan, type RowWriter } from './row-writer.ts';

const DELIMITERS: Readonly<Record<string, string>> = { tab: '\t', '\\t': '\t' };

/** Loads an uploaded file: checked and rewritten row by row first, then landed in one transaction. */
export async function runLoadJob(
  job: Job,
  upload: string | undefined,
  deps: { catalog: LocalCatalog; rowWriter: RowWriter },
): Promise<Outcome> {
  const { ref, configuration } = job.record;
  const load = configuration['load'] as Json;
  const { catalog, rowWriter } = deps;
  const rewritten = rowWriter.newFile();
  try {
    if (upload === undefined) throw unsupported('Loading from sourceUris');
    checkLoad(load);
    const destination = destinationOf(ref.projectId, load['destinationTable']);
    assertHere(catalog, ref.location, destination.projectId, destination.datasetId);
    const fields = wantedFields(load);
    const plan = await rowWriter.plan({
      destination,
      caller: job.caller,
      commitId: fullJobId(ref),
      options: load,
      defaultDisposition: 'WRITE_APPEND',
      ...(fields ? { fields } : {}),
    });
    const inputBytes = await inflated(upload, rewritten);
    const normalised = await normaliseFile(taskOf(plan, load, upload, rewritten));
    if (normalised.badRows > Number(load['maxBadRecords'] ?? 0)) throw tooManyErrors(load, normalised);
    await rowWriter.land(plan, { file: rewritten, normalised });
    return { statistics: loadStatistics(normalised, inputBytes) };
  } finally {
    await rm(rewritten, { force: true });
    if (upload !== undefined) await rm(upload, { force: true });
  }
}

function checkLoad(load: Json): void {
  const format = textOf(load, 'sourceFormat', 'CSV');
  if (format !== 'CSV' && format !== 'NEWLINE_DELIMITED_JSON') throw unsupported(`The source format ${format}`);
  if (isTrue(load['autodetect'])) throw unsupported('Schema detection (autodetect): give a schema');
  const encoding = textOf(load, 'encoding', 'UTF-8');
  if (!/^UTF-?8$/i.test(encoding)) throw unsupported(`The encoding ${encoding}`);
  for (const name of [
    'rangePartitioning',
    'hivePartitioningOptions',
    'decimalTargetTypes',
    'jsonExtension',
    'projectionFields',
  ]) {
    if (load[name]) throw unsupported(`The load option ${name}`);
  }
}

function wantedFields(load: Json): FieldSchema[] | undefined {
  const schema = load['schema'];
  const fields = isObject(schema) ? checkedFields(schema['fields']) : [];
  return fields.length > 0 ? fields : undefined;
}

/** Inflates the upload in its place when it is gzip; answers how many bytes came in. */
async function inflated(upload: string, spare: string): Promise<number> {
  const file = await open(upload, 'r');
  const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  const { size } = await file.stat();
  await file.close();
  if (bytesRead < 2 || buffer.readUInt16BE() !== 0x1f8b) return size;
  try {
    await pipeline(createReadStream(upload), createGunzip(), createWriteStream(spare, { mode: 0o600 }));
    await pipeline(createReadStream(spare), createWriteStream(upload));
  } catch (cause) {
    throw invalid(`Error while reading data, error message: The gzip file is broken (${(cause as Error).message}).`);
  }
  return size;
}

function taskOf({ rowFields, info }: Plan, load: Json, input: string, output: string) {
  const csv = load['sourceFormat'] === 'NEWLINE_DELIMITED_JSON' ? undefined : csvOptions(load, rowFields);
  const partition = partitionTask(info);
  return {
    input,
    output,
    fields: rowFields,
    ignoreUnknownValues: isTrue(load['ignoreUnknownValues']),
    maxBadRecords: Number(load['maxBadRecords'] ?? 0),
    ...(csv ? { csv } : {}),
    ...(partition ? { partition } : {}),
  };
}

function csvOptions(load: Json, fields: readonly FieldSchema[]): CsvOptions {
  const nested = fields.find(({ fields: inner, mode }) => inner ?? mode === 'REPEATED');
  if (nested) throw invalid(`Cannot load CSV data with a nested or repeated schema. Field: ${nested.name}`);
  const delimiter = textOf(load, 'fieldDelimiter', ',');
  return {
    delimiter: DELIMITERS[delimiter] ?? delimiter,
    quote: textOf(load, 'quote', '"'),
    skipLeadingRows: Number(load['skipLeadingRows'] ?? 0),
    nullMarker: textOf(load, 'nullMarker'),
    allowJaggedRows: isTrue(load['allowJaggedRows']),
    allowQuotedNewlines: isTrue(load['allowQuotedNewlines']),
    ignoreUnknownValues: isTrue(load['ignoreUnknownValues']),
  };
}

function tooManyErrors(load: Json, { rows, badRows, errors }: Normalised): JobFailure {
  const format = load['sourceFormat'] === 'NEWLINE_DELIMITED_JSON' ? 'JSON' : 'CSV';
  const counts = `giving up. Rows: ${rows + badRows}; errors: ${badRows}`;
  const first = invalid(
    `Error while reading data, error message: ${format} table encountered too many errors, ${counts}. Please look into the errors[] collection for more details.`,
  );
  const lines = errors.map(({ position, message }): ErrorProto => {
    const where = format === 'JSON' ? `JSON parsing error in row starting at position ${position}: ` : '';
    return { reason: 'invalid', message: `Error while reading data, error message: ${where}${message}` };
  });
  return new JobFailure(first, [
    {
      reason: 'invalid',
      message: `Error while reading data, error message: ${format} processing encountered too many errors, ${counts}; max bad: ${textOf(load, 'maxBadRecords', '0')}; error percent: 0`,
    },
    ...lines,
  ]);
}

function loadStatistics({ rows, badRows }: Normalised, inputBytes: number): Json {
  return {
    inputFiles: '1',
    inputFileBytes: String(inputBytes),
    outputRows: String(rows),
    outputBytes: String(inputBytes),
    badRecords: String(badRows),
  };
}

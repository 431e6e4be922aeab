import type { TSchema } from '@sinclair/typebox';

/** What the description says about one answer. */
export interface AnswerDoc {
  readonly description: string;
  /** Name of a schema of the document; absent: no body. */
  readonly schema?: string;
  /** Media types; those that are not JSON are described as text. */
  readonly types?: readonly string[];
  /** Headers beside those that every answer has. */
  readonly headers?: Readonly<Record<string, object>>;
}

/** What the description says about one method of a path, beyond what all have. */
export interface OperationDoc {
  readonly id: string;
  readonly summary: string;
  readonly answers: Readonly<Record<number, AnswerDoc>>;
  /** Statuses of problem documents, beyond those that every operation has. */
  readonly problems: readonly number[];
  readonly parameters?: readonly object[];
  readonly body?: object;
}

export const JSON_ONLY = ['application/json'];

export const query = (name: string, schema: object, description: string) => ({
  name,
  in: 'query',
  schema,
  description,
});
export const header = (name: string, schema: object, description: string) => ({
  name,
  in: 'header',
  schema,
  description,
});
export const text = (description: string, schema: object = {}) => ({
  description,
  schema: { type: 'string', ...schema },
});

/** TypeBox schemas without the symbols that they carry. */
export function plain(schema: TSchema): object {
  return JSON.parse(JSON.stringify(schema)) as object;
}

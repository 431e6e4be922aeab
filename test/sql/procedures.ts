import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { QueryParameterType, StandardSqlType } from '../../local/bigquery/contracts.ts';
import { fill } from './catalog.ts';
import type { TestParameter } from './zetasql.ts';

export interface Step {
  /** `03-read-source-rows`, with a letter behind it where a file holds more than one statement. */
  readonly name: string;
  readonly sql: string;
}

export interface Procedure {
  readonly name: string;
  readonly arguments: readonly TestParameter[];
  readonly steps: readonly Step[];
}

const root = fileURLToPath(new URL('../../configs/bigquery/routines/', import.meta.url));

/** Every procedure below configs/bigquery/routines, statement by statement. */
export function configuredProcedures(): Procedure[] {
  return globSync('*/routine.json', { cwd: root }).map((file) => readProcedure(file.slice(0, -'/routine.json'.length)));
}

export function readProcedure(name: string): Procedure {
  const routine = JSON.parse(readFileSync(`${root}${name}/routine.json`, 'utf8')) as {
    arguments: { name: string; dataType: StandardSqlType }[];
  };
  const files = globSync('*.sql', { cwd: root + name }).toSorted();
  return {
    name,
    arguments: routine.arguments.map((argument) => ({
      name: argument.name,
      type: parameterType(argument.dataType),
      isArgument: true,
    })),
    steps: files.flatMap((file) =>
      statementsOf(file.replace('.sql', ''), fill(readFileSync(`${root}${name}/${file}`, 'utf8'))),
    ),
  };
}

function statementsOf(name: string, sql: string): Step[] {
  // Our steps end statements with a semicolon at the end of a line and use it nowhere else at one.
  const statements = sql.split(/;\s*(?:\n|$)/).filter((text) => text.replaceAll(/^\s*--.*$/gm, '').trim() !== '');
  return statements.map((text, at) => ({
    name: at === 0 ? name : `${name}-${String.fromCodePoint(97 + at)}`,
    sql: text,
  }));
}

function parameterType({ typeKind, arrayElementType, structType }: StandardSqlType): QueryParameterType {
  return {
    type: typeKind,
    ...(arrayElementType && { arrayType: parameterType(arrayElementType) }),
    ...(structType && {
      structTypes: structType.fields.map(({ name, type }) => ({
        ...(name !== undefined && { name }),
        type: parameterType(type),
      })),
    }),
  };
}

/** `CREATE TEMP TABLE x AS query`: its name and query; undefined for any other statement. */
export function temporaryTable(sql: string): { name: string; query: string } | undefined {
  const found = /^CREATE TEMP TABLE (\w+) AS\s/m.exec(sql);
  return found ? { name: found[1]!, query: sql.slice(found.index + found[0].length) } : undefined;
}

/** The query whose rows an INSERT writes. */
export function insertedQuery(sql: string): { table: string; query: string } | undefined {
  const found = /^INSERT INTO `([^`]+)` \([^)]*\)\s/m.exec(sql);
  return found ? { table: found[1]!, query: sql.slice(found.index + found[0].length) } : undefined;
}

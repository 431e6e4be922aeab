import type { QueryParameter, QueryParameterType, QueryParameterValue } from '../contracts.ts';
import { invalid } from '../errors.ts';
import { isObject, textOf, type Json } from '../requests.ts';

/** The parameters of a query as the engine takes them; what is not shaped like one is the caller's mistake. */
export function checkedParameters(parameters: unknown): QueryParameter[] {
  return listOf(parameters ?? [], 'queryParameters').map((parameter) => ({
    ...(parameter['name'] ? { name: textOf(parameter, 'name') } : {}),
    parameterType: typeOf(parameter['parameterType']),
    ...(isAbsent(parameter['parameterValue']) ? {} : { parameterValue: valueOf(parameter['parameterValue']) }),
  }));
}

function typeOf(value: unknown): QueryParameterType {
  const type = objectOf(value, 'parameterType');
  const { arrayType, structTypes } = type;
  return {
    type: textOf(type, 'type'),
    ...(isAbsent(arrayType) ? {} : { arrayType: typeOf(arrayType) }),
    ...(isAbsent(structTypes)
      ? {}
      : {
          structTypes: listOf(structTypes, 'structTypes').map((field) => ({
            ...(field['name'] ? { name: textOf(field, 'name') } : {}),
            type: typeOf(field['type']),
          })),
        }),
  };
}

function valueOf(value: unknown): QueryParameterValue {
  const { arrayValues, structValues, ...rest } = objectOf(value, 'parameterValue');
  return {
    ...(isAbsent(rest['value']) ? {} : { value: textOf(rest, 'value') }),
    ...(isAbsent(arrayValues) ? {} : { arrayValues: listOf(arrayValues, 'arrayValues').map(valueOf) }),
    ...(isAbsent(structValues) ? {} : { structValues: membersOf(objectOf(structValues, 'structValues')) }),
  };
}

const membersOf = (values: Json): Record<string, QueryParameterValue> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, valueOf(value)]));

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

function objectOf(value: unknown, name: string): Json {
  if (!isObject(value)) throw invalid(`Invalid value for ${name}: an object is expected`);
  return value;
}

function listOf(value: unknown, name: string): Json[] {
  if (!Array.isArray(value)) throw invalid(`Invalid value for ${name}: an array is expected`);
  return value.map((item) => objectOf(item, name));
}

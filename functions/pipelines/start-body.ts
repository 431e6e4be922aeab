import { Type, type Static } from '@sinclair/typebox';
import type { Window } from '../../shared/pipelines/processor.ts';
import { daysBetween, isDay } from '../../shared/platform/days.ts';
import { ServiceError, type FieldFault } from '../../shared/platform/errors.ts';
import { createAjv } from '../../shared/providers/schema-validator.ts';
import { schemaFaults } from '../../shared/providers/schema-faults.ts';

const Day = (description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date', description }));

/** Body of a request for a run; without days it takes all that has changed. */
export const RunBody = Type.Object(
  {
    pipeline: Type.String({ minLength: 1, maxLength: 200, examples: ['cloud/gcp/cost/billing'] }),
    from: Day('First day in UTC, included; null or absent: without a start.'),
    to: Day('Last day in UTC, excluded; null or absent: without an end.'),
  },
  { additionalProperties: false },
);

export interface ParsedStart {
  readonly pipeline: string;
  readonly window: Window;
}

/** Two years: raw rows are not kept for longer. */
const MAX_DAYS = 731;

const check = createAjv().compile<Static<typeof RunBody>>(RunBody);

/** @throws ServiceError `invalid_request` with one entry per fault. */
export function parseStart(body: unknown): ParsedStart {
  if (!check(body ?? {})) throw invalid(schemaFaults(check.errors ?? [], ''));
  const { pipeline, from, to } = (body ?? {}) as Static<typeof RunBody>;
  const window = { from: from ?? undefined, to: to ?? undefined };
  const faults = windowFaults(window);
  if (faults.length > 0) throw invalid(faults);
  return { pipeline, window };
}

/** A refusal that names what is wrong with the body. */
export function invalid(faults: readonly FieldFault[]): ServiceError {
  return new ServiceError('invalid_request', 'The body has fields that are not as they should be; see errors', {
    faults,
  });
}

function windowFaults({ from, to }: Window): FieldFault[] {
  const strange = Object.entries({ from, to }).filter(([, day]) => day !== undefined && !isDay(day));
  if (strange.length > 0) return strange.map(([name]) => fault(name, 'This day does not exist'));
  if (from === undefined || to === undefined) return [];
  if (from >= to) return [fault('to', 'It is excluded, so it has to be after from')];
  return daysBetween(from, to) > MAX_DAYS ? [fault('to', `A run takes at most ${MAX_DAYS} days`)] : [];
}

const fault = (name: string, message: string): FieldFault => ({
  pointer: `/${name}`,
  code: 'out_of_range',
  message,
  hint: 'Write days such as 2026-11-01; to is the day after the last one.',
});

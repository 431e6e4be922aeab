import assert from 'node:assert/strict';
import { planLanding, type ReadSource } from '../../shared/pipelines/landing/landing-plan.ts';
import type { LandedUnit } from '../../shared/pipelines/landing/landed-units.ts';
import type { Window } from '../../shared/pipelines/processor.ts';
import { NOW } from './fakes.ts';
import { aSource, aUnit, landedFrom } from './sources.ts';

const path = (tableId: string) => ({ projectId: 'acme-billing', datasetId: 'exports', tableId });
const standard = aSource({ path: path('s') });
const detailed = aSource({ path: path('d'), kind: 'detailed' });
const other = aSource({ path: path('t') });
const day = (number: number): string => `2026-10-${String(number).padStart(2, '0')}`;
const unitsOf = (source: typeof standard, ...days: number[]) => days.map((number) => aUnit(source, day(number)));

function plan(sources: ReadSource[], landed: LandedUnit[], window: Window = {}) {
  const rules = { window, now: NOW, rereadFrom: '2026-11-20', graceDays: 5 };
  const { land, remove, kept, late } = planLanding(sources, landed, rules);
  const short = (name: string) => name.slice('acme-billing.exports.'.length);
  return {
    land: land.map(({ unit, replaces }) =>
      [short(unit.name), Number(unit.day.slice(-2)), ...replaces.map(short)].join(' '),
    ),
    remove: remove.map(({ name, day: gone }) => `${short(name)} ${Number(gone.slice(-2))}`),
    kept: kept.map(({ name, day: gone }) => `${short(name)} ${Number(gone.slice(-2))}`),
    late: [...late.values()].flat().map((text) => Number(text.slice(-2))),
  };
}

const NOTHING = { land: [], remove: [], kept: [], late: [] };

describe('the plan of a landing', () => {
  it('has nothing to do when nothing has changed', () => {
    const units = unitsOf(standard, 1, 2);
    assert.deepEqual(
      plan(
        [{ source: standard, units }],
        units.map((unit) => landedFrom(unit)),
      ),
      NOTHING,
    );
  });

  it('takes days that are new, restated, or have other rows', () => {
    const units = unitsOf(standard, 1, 2, 3, 4);
    const landed = [
      landedFrom(units[0]!),
      landedFrom(units[1]!, { lastModified: '2026-10-02T11:00:00.000000Z' }),
      landedFrom(units[2]!, { rowCount: 2 }),
    ];
    assert.deepEqual(plan([{ source: standard, units }], landed), { ...NOTHING, land: ['s 2', 's 3', 's 4'] });
  });

  it('reads the days that somebody asks for, and no others', () => {
    const units = unitsOf(standard, 1, 2, 3);
    const landed = units.map((unit) => landedFrom(unit));
    const window = { from: day(2), to: day(3) };
    assert.deepEqual(plan([{ source: standard, units }], landed, window), { ...NOTHING, land: ['s 2'] });
  });

  it('takes a month that a window reaches into', () => {
    const unit = aUnit(standard, '2026-10-01', { until: '2026-11-01' });
    const window = { from: '2026-10-15', to: '2026-10-16' };
    assert.deepEqual(plan([{ source: standard, units: [unit] }], [], window), { ...NOTHING, land: ['s 1'] });
  });

  it('reads the last days again', () => {
    const unit = aUnit(standard, '2026-11-20');
    assert.deepEqual(plan([{ source: standard, units: [unit] }], [landedFrom(unit)]).land, ['s 20']);
  });

  it('removes days that are gone, within the window', () => {
    const landed = unitsOf(standard, 1, 2, 3).map((unit) => landedFrom(unit));
    const source = { source: standard, units: unitsOf(standard, 1) };
    assert.deepEqual(plan([source], landed), { ...NOTHING, remove: ['s 2', 's 3'] });
    assert.deepEqual(plan([source], landed, { from: day(3) }), { ...NOTHING, remove: ['s 3'] });
  });

  it('keeps days that expired at the customer’s, and those of a table that was made anew', () => {
    const landed = unitsOf(standard, 1, 2).map((unit) => landedFrom(unit));
    const month = 30 * 86_400_000;
    const expiring = { source: { ...standard, expirationMs: month }, units: [] };
    assert.deepEqual(plan([expiring], landed), { ...NOTHING, kept: ['s 1', 's 2'] });
    const remade = { source: { ...standard, createdAt: new Date(NOW.getTime() + 1) }, units: [] };
    assert.deepEqual(plan([remade], landed), { ...NOTHING, kept: ['s 1', 's 2'] });
  });

  it('swaps the days of an account for its detailed export in one transaction each', () => {
    const landed = unitsOf(standard, 1, 2, 3).map((unit) => landedFrom(unit));
    const sources = [
      { source: detailed, partner: standard.name, units: unitsOf(detailed, 1, 2) },
      { source: standard, partner: detailed.name, units: unitsOf(standard, 1, 2, 3) },
    ];
    assert.deepEqual(plan(sources, landed), { land: ['d 2 s'], remove: ['s 3'], kept: [], late: [3] });
  });

  it('gives the last days back to the standard export when the detailed one ended', () => {
    const days = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const sources = [
      { source: detailed, partner: standard.name, units: unitsOf(detailed, 1, 2, 3) },
      { source: standard, partner: detailed.name, units: unitsOf(standard, ...days) },
    ];
    const landed = [...unitsOf(standard, 1), ...unitsOf(detailed, 2, 3)].map((unit) => landedFrom(unit));
    assert.deepEqual(plan(sources, landed), {
      ...NOTHING,
      land: ['s 3 d', 's 4 d', 's 5 d', 's 6 d', 's 7 d', 's 8 d', 's 9 d'],
    });
  });

  it('looks again at rows that were left out when the table that had them changes', () => {
    const units = unitsOf(other, 1, 5);
    const sources = [
      { source: standard, units: unitsOf(standard, 5) },
      { source: other, units },
    ];
    const landed = [
      ...unitsOf(standard, 1, 5).map((unit) => landedFrom(unit)),
      ...units.map((unit) => landedFrom(unit, { duplicates: 3 })),
    ];
    assert.deepEqual(plan(sources, landed), { ...NOTHING, land: ['t 1'], remove: ['s 1'] });
  });

  it('lands the tables of a day in the order of the metadata', () => {
    const sources = [
      { source: standard, units: unitsOf(standard, 1, 2) },
      { source: other, units: unitsOf(other, 1, 2) },
    ];
    assert.deepEqual(plan(sources, []).land, ['s 1', 't 1', 's 2', 't 2']);
  });

  it('names the days on which a detailed export has fewer rows than the standard one', () => {
    const rowsOn = (source: typeof standard, number: number, rowCount: number) => ({
      ...aUnit(source, day(number)),
      rowCount,
    });
    const sources: ReadSource[] = [
      {
        source: standard,
        partner: detailed.name,
        units: [rowsOn(standard, 1, 9), rowsOn(standard, 2, 9), rowsOn(standard, 3, 9)],
      },
      {
        source: detailed,
        partner: standard.name,
        units: [rowsOn(detailed, 1, 4), rowsOn(detailed, 2, 8), rowsOn(detailed, 3, 12)],
      },
    ];
    const { short } = planLanding(sources, [], { window: {}, now: NOW, rereadFrom: '2026-11-20', graceDays: 5 });
    // Half of the first day is missing by nature; it comes from the standard export.
    assert.deepEqual([...short], [[detailed.name, [day(2)]]]);
  });
});

import fc from 'fast-check';
import type { Cell } from '../../sql/google-values.ts';

type Item = Readonly<Record<string, Cell>>;

/** Text of customers: words, nothing, quotes and control characters, scripts, emoji, anything. */
const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('prod', '', ' ', 'a"quoted"\\path/', 'tab\tand\nline\u0001', 'größe 😀', 'ﬀ', '{}', 'null', 'true'),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
/** Few keys, so that they repeat within and between schemes; some sort differently by UTF-16 unit and by code point. */
const key: fc.Arbitrary<Cell> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<Cell>('env', 'team', 'cost-center', 'goog-k8s-cluster-name', 'k8s-namespace'),
  },
  { weight: 3, arbitrary: fc.constantFrom<Cell>('ключ', '😀', '\uFB00', '', '__proto__', 'gcp_system/env', null) },
  { weight: 1, arbitrary: text },
);
const value: fc.Arbitrary<Cell> = fc.option(text, { nil: null, freq: 6 });

export const labels: fc.Arbitrary<Item[]> = fc.array(fc.record({ key, value }), { maxLength: 4 });

export const resourceManagerTags: fc.Arbitrary<Item[]> = fc.array(
  fc.record({
    key,
    value,
    inherited: fc.constantFrom<Cell>(true, false, null),
    namespace: fc.constantFrom<Cell>('123456', 'shop', '', null),
  }),
  { maxLength: 2 },
);

const RESERVATION = 'compute.googleapis.com/';
const reservation = (unused: Cell, project: Cell): Item[] => [
  { key: `${RESERVATION}is_unused_reservation`, value: unused },
  { key: `${RESERVATION}reservation_name`, value: 'r1' },
  ...(project === null ? [] : [{ key: `${RESERVATION}reservation_project_id`, value: project }]),
];

export const systemLabels: fc.Arbitrary<Item[]> = fc.constantFrom<Item[]>(
  [],
  [],
  [{ key: `${RESERVATION}cores`, value: '4' }],
  reservation('true', 'owner'),
  reservation('false', null),
  reservation(null, 'owner'),
  [{ key: `${RESERVATION}is_unused_reservation`, value: 'true' }],
);

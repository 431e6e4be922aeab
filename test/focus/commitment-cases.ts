import {
  core,
  cpuFee,
  credit,
  ELEVEN,
  flexFee,
  flexUse,
  hoursOf,
  inEuro,
  listedCommitment,
  placedIn,
  sqlFee,
  sqlUse,
  type Row,
} from './commitment-rows.ts';
import type { Beside } from './google-conversion.ts';

/** Commitments whose money was worked out by hand. */
export interface CommitmentCase {
  /** Finishes the sentence "a commitment ...". */
  readonly name: string;
  readonly rows: readonly Row[];
  readonly beside?: Beside;
  /** Per FOCUS row: SKU, part, category, status, billed and effective cost, pricing and commitment quantity. */
  readonly focus: readonly string[];
}

/** Lists of commitments that leave a fee's amount in doubt: all of it counts as used. */
const DOUBTFUL: readonly { readonly where: string; readonly lists: readonly Row[] }[] = [
  { where: 'its listed amount is of another region', lists: [{ region: 'europe-west1' }] },
  { where: 'its listed amount is no money', lists: [{ 'commitent_amount.unit': '1/h' }] },
  { where: 'the list names two', lists: [{}, { 'subscription.instance_id': 'listed-2' }] },
  { where: 'what is listed ended before', lists: [{ end_time: '2026-02-10T10:00:00Z' }] },
  { where: 'what is listed begins later', lists: [{ start_time: '2026-02-10T10:00:01Z' }] },
];

export const SUBSCRIPTIONS: readonly CommitmentCase[] = [
  {
    name: 'is paid for in whole although what it gives back and what was used differ by a hair',
    rows: [flexFee(0.2, -0.1256348), flexUse(0.125637, 3)],
    focus: [
      'CORE base Usage Used 0 0.125637 3 0.125637',
      'FLEX base Purchase - 0.2000022 0 1 0.2',
      'FLEX unused Usage Unused 0 0.0743652 0 0.0743652',
    ],
  },
  {
    name: 'makes use cheaper when it gives back more than it cost',
    rows: [flexFee(5, -5.00001), flexUse(3, 3, 'A'), flexUse(2.00002, 2, 'B')],
    // The surplus of 0.00001 is shared 3 : 2.00002; that of A is 0.000005999976000096 to 20 decimals.
    focus: [
      'A base Usage Used 0 2.999994000023999904 3 2.999994000023999904',
      'B base Usage Used 0 2.000015999976000096 2 2.000015999976000096',
      'FLEX base Purchase - 5.00001 0 1 5',
    ],
  },
  {
    name: 'that nobody used is all unused, also where its fee shows nothing of it',
    rows: [flexFee(6, -5), flexUse(5, 7), { ...flexFee(6, 0, null), ...ELEVEN }],
    focus: [
      'CORE base Usage Used 0 5 7 5',
      'FLEX base Purchase - 6 0 1 6',
      'FLEX base Purchase - 6 0 1 6',
      'FLEX unused Usage Unused 0 1 0 1',
      'FLEX unused Usage Unused 0 6 0 6',
    ],
  },
  {
    name: 'has a purchase per fee, each with what was used of it',
    rows: [
      { ...flexFee(3, -3, 'A'), 'sku.id': 'FLEX A' },
      { ...flexFee(2, -1, 'B'), 'sku.id': 'FLEX B' },
      { ...flexFee(1, 0, null), 'sku.id': 'FLEX C' },
      flexUse(3, 3, 'A'),
      flexUse(1, 1, 'B'),
    ],
    focus: [
      'A base Usage Used 0 3 3 3',
      'B base Usage Used 0 1 1 1',
      'FLEX A base Purchase - 3 0 1 3',
      'FLEX A unused Usage Unused 0 2 0 2',
      'FLEX B base Purchase - 2 0 1 2',
      'FLEX C base Purchase - 1 0 1 1',
    ],
  },
  {
    name: 'is the same when fee and use were exported on different days',
    rows: [
      { ...flexFee(6, -5), ingestion_date: '2026-02-11', export_time: '2026-02-11T03:00:00Z' },
      { ...flexUse(5, 7), ingestion_date: '2026-02-14', export_time: '2026-02-14T03:00:00Z' },
    ],
    focus: ['CORE base Usage Used 0 5 7 5', 'FLEX base Purchase - 6 0 1 6', 'FLEX unused Usage Unused 0 1 0 1'],
  },
  {
    name: 'pays for use of an hour without a fee with its first fee',
    rows: [flexFee(6, -5), { ...flexUse(5, 7), ...ELEVEN }],
    focus: ['CORE base Usage Used 0 5 7 5', 'FLEX base Purchase - 6 0 1 6', 'FLEX unused Usage Unused 0 1 0 1'],
  },
  {
    name: 'whose fee is not in the period leaves use as it was billed',
    rows: [flexUse(5, 7)],
    focus: ['CORE base Usage - 5 5 7 -'],
  },
  {
    name: 'given back for a closed month costs less than nothing',
    rows: [
      {
        ...flexFee(-6, 5),
        usage_start_time: '2026-01-10T10:00:00Z',
        usage_end_time: '2026-01-10T11:00:00Z',
        'usage.amount': -3600,
        'usage.amount_in_pricing_units': -1,
        'adjustment_info.type': 'USAGE_CORRECTION',
      },
    ],
    focus: ['FLEX base Purchase - -1 0 -1 -6', 'FLEX unused Usage Unused 0 -1 0 -1'],
  },
  {
    name: 'is no subscription of the marketplace',
    rows: [{ ...hoursOf('SOFTWARE', 'Acme Atlas', 20, 1), 'subscription.instance_id': 'market-1' }],
    focus: ['SOFTWARE base Usage - 20 20 1 -'],
  },
];

export const SPEND: readonly CommitmentCase[] = [
  {
    name: 'is spread over use by what it took off',
    rows: [sqlFee(3), sqlUse('A', 4, 4, -2), sqlUse('B', 5, 10, -4)],
    focus: [
      'A covered Usage Used 0 1 2 1',
      'A remainder Usage - 2 2 2 -',
      'B covered Usage Used 0 2 8 2',
      'B remainder Usage - 1 1 2 -',
      'FEE SQL base Purchase - 3 0 1 3',
    ],
  },
  {
    name: 'leaves the part known to be unused',
    rows: [sqlFee(6), sqlUse('A', 8, 8, -5)],
    beside: listedCommitment({}),
    focus: [
      'A covered Usage Used 0 3 5 3',
      'A remainder Usage - 3 3 3 -',
      'FEE SQL base Purchase - 6 0 1 6',
      'FEE SQL unused Usage Unused 0 3 0 3',
    ],
  },
  {
    name: 'leaves the part known to be unused in a currency of its own, by the newest list',
    rows: [sqlFee(3), sqlUse('A', 4, 4, -2.5)].map(inEuro),
    beside: listedCommitment({ 'commitent_amount.value': '100', ingestion_date: '2026-02-01' }, {}),
    focus: [
      'A covered Usage Used 0 1.5 2.5 1.5',
      'A remainder Usage - 1.5 1.5 1.5 -',
      'FEE SQL base Purchase - 3 0 1 3',
      'FEE SQL unused Usage Unused 0 1.5 0 1.5',
    ],
  },
  ...DOUBTFUL.map(({ where, lists }) => ({
    name: `counts as used where ${where}`,
    rows: [sqlFee(6), sqlUse('A', 5, 5, -5)],
    beside: listedCommitment(...lists),
    focus: ['A covered Usage Used 0 6 5 6', 'FEE SQL base Purchase - 6 0 1 6'],
  })),
  {
    name: 'that nobody used is all unused',
    rows: [sqlFee(6)],
    focus: ['FEE SQL base Purchase - 6 0 1 6', 'FEE SQL unused Usage Unused 0 6 0 6'],
  },
  {
    name: 'covers a row whose other credits leave money over',
    rows: [
      sqlFee(6),
      {
        ...sqlUse('A', 5, 5, 0),
        credits: [credit('COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE', -5), credit('DISCOUNT', -0.25)],
      },
    ],
    focus: ['A covered Usage Used 0 6 5 6', 'A remainder Usage - -0.25 -0.25 0 -', 'FEE SQL base Purchase - 6 0 1 6'],
  },
];

export const RESOURCES: readonly CommitmentCase[] = [
  {
    name: 'is spread over use alone when use exceeds it',
    rows: [cpuFee(5, 8), core(6, 6, -6), core(10, 10, -10, 'N1')],
    focus: [
      'FEE Cpu 1 Year base Purchase - 5 0 8 8',
      'N1 CORE covered Usage Used 0 3.125 10 10',
      'N2 CORE covered Usage Used 0 1.875 6 6',
    ],
  },
  {
    name: 'shares what has no end without losing a digit',
    rows: [cpuFee(1, 3), core(1, 1, -1), core(1, 1, -1), core(1, 1, -1)],
    focus: [
      'FEE Cpu 1 Year base Purchase - 1 0 3 3',
      'N2 CORE covered Usage Used 0 0.33333333333333333333 1 1',
      'N2 CORE covered Usage Used 0 0.33333333333333333333 1 1',
      'N2 CORE covered Usage Used 0 0.33333333333333333334 1 1',
    ],
  },
  {
    name: 'covers a third of a row and leaves two',
    rows: [cpuFee(0.5, 1), core(3, 1, -1)],
    focus: [
      'FEE Cpu 1 Year base Purchase - 0.5 0 1 1',
      'FEE Cpu 1 Year unused Usage Unused 0 0.3333333333333333335 0 0.666666666666666667',
      'N2 CORE covered Usage Used 0 0.1666666666666666665 0.333333333333333333 0.333333333333333333',
      'N2 CORE remainder Usage - 2 2 0.666666666666666667 -',
    ],
  },
  {
    name: 'pays its share by size where several fit alike',
    rows: [cpuFee(6, 6), cpuFee(1, 2, 'Cpu', '3 Years'), core(4, 4, -4)],
    focus: [
      'FEE Cpu 1 Year base Purchase - 6 0 6 6',
      'FEE Cpu 1 Year unused Usage Unused 0 3 0 3',
      'FEE Cpu 3 Years base Purchase - 1 0 2 2',
      'FEE Cpu 3 Years unused Usage Unused 0 0.5 0 1',
      'N2 CORE covered Usage Used 0 3 3 3',
      'N2 CORE covered:2 Usage Used 0 0.5 1 1',
    ],
  },
  {
    name: 'of the same series comes before one of any',
    rows: [cpuFee(5, 8), cpuFee(4, 4, 'N2 Cpu'), core(4, 4, -4)],
    focus: [
      'FEE Cpu 1 Year base Purchase - 5 0 8 8',
      'FEE Cpu 1 Year unused Usage Unused 0 5 0 8',
      'FEE N2 Cpu 1 Year base Purchase - 4 0 4 4',
      'N2 CORE covered Usage Used 0 4 4 4',
    ],
  },
  {
    name: 'of another series, resource, region or hour pays for nothing',
    rows: [
      cpuFee(1, 1, 'E2 Cpu'),
      cpuFee(2, 1, 'Ram'),
      { ...cpuFee(3, 1), 'location.region': 'europe-west1' },
      { ...cpuFee(4, 1), ...ELEVEN },
      core(10, 10, -10),
    ],
    focus: [
      'FEE Cpu 1 Year base Purchase - 3 0 1 1',
      'FEE Cpu 1 Year base Purchase - 4 0 1 1',
      'FEE Cpu 1 Year unused Usage Unused 0 3 0 1',
      'FEE Cpu 1 Year unused Usage Unused 0 4 0 1',
      'FEE E2 Cpu 1 Year base Purchase - 1 0 1 1',
      'FEE E2 Cpu 1 Year unused Usage Unused 0 1 0 1',
      'FEE Ram 1 Year base Purchase - 2 0 1 1',
      'FEE Ram 1 Year unused Usage Unused 0 2 0 1',
      'N2 CORE base Usage - 0 0 10 -',
    ],
  },
  {
    name: 'of a whole day pays for use of any of its hours',
    rows: [
      { ...cpuFee(24, 24), usage_start_time: '2026-02-10T00:00:00Z', usage_end_time: '2026-02-11T00:00:00Z' },
      core(6, 6, -6),
      { ...core(12, 12, -12, 'N1'), ...ELEVEN },
    ],
    focus: [
      'FEE Cpu 1 Year base Purchase - 24 0 24 24',
      'FEE Cpu 1 Year unused Usage Unused 0 6 0 6',
      'N1 CORE covered Usage Used 0 12 12 12',
      'N2 CORE covered Usage Used 0 6 6 6',
    ],
  },
  {
    name: 'of two hours pays for use that is exported for both at once',
    rows: [
      cpuFee(5, 8),
      { ...cpuFee(5, 8), ...ELEVEN },
      { ...core(12, 12, -12), usage_end_time: ELEVEN.usage_end_time },
    ],
    focus: [
      'FEE Cpu 1 Year base Purchase - 5 0 8 8',
      'FEE Cpu 1 Year base Purchase - 5 0 8 8',
      'FEE Cpu 1 Year unused Usage Unused 0 1.25 0 2',
      'FEE Cpu 1 Year unused Usage Unused 0 1.25 0 2',
      'N2 CORE covered Usage Used 0 3.75 6 6',
      'N2 CORE covered:2 Usage Used 0 3.75 6 6',
    ],
  },
  {
    name: 'belongs to the region that its place names',
    rows: [
      placedIn('us-central1', cpuFee(5, 8)),
      placedIn('europe-west4', cpuFee(50, 8)),
      placedIn('us-central1-a', core(8, 8, -8)),
    ],
    focus: [
      'FEE Cpu 1 Year base Purchase - 5 0 8 8',
      'FEE Cpu 1 Year base Purchase - 50 0 8 8',
      'FEE Cpu 1 Year unused Usage Unused 0 50 0 8',
      'N2 CORE covered Usage Used 0 5 8 8',
    ],
  },
  {
    name: 'of a multi-region holds in all its regions',
    rows: [placedIn('us', cpuFee(5, 8)), core(8, 8, -8)],
    focus: ['FEE Cpu 1 Year base Purchase - 5 0 8 8', 'N2 CORE covered Usage Used 0 5 8 8'],
  },
  {
    name: 'takes back what use that was taken back had of it',
    rows: [
      cpuFee(5, 8),
      core(6, 6, -6),
      {
        ...core(-2, -2, 2, 'N1'),
        'adjustment_info.type': 'USAGE_CORRECTION',
      },
    ],
    focus: [
      'FEE Cpu 1 Year base Purchase - 5 0 8 8',
      'FEE Cpu 1 Year unused Usage Unused 0 2.5 0 4',
      'N1 CORE covered Usage Used 0 -1.25 -2 -2',
      'N2 CORE covered Usage Used 0 3.75 6 6',
    ],
  },
  {
    name: 'that was given back costs nothing',
    rows: [cpuFee(5, 8), { ...cpuFee(-5, -8), 'adjustment_info.type': 'USAGE_CORRECTION' }, core(6, 6, -6)],
    focus: [
      'FEE Cpu 1 Year base Purchase - -5 0 -8 -8',
      'FEE Cpu 1 Year base Purchase - 5 0 8 8',
      'N2 CORE covered Usage Used 0 0 6 6',
    ],
  },
  {
    name: 'given back for a closed month is a purchase and unused time below zero',
    rows: [
      {
        ...cpuFee(-5, -8),
        usage_start_time: '2026-01-10T10:00:00Z',
        usage_end_time: '2026-01-10T11:00:00Z',
        'adjustment_info.type': 'USAGE_CORRECTION',
      },
    ],
    focus: ['FEE Cpu 1 Year base Purchase - -5 0 -8 -8', 'FEE Cpu 1 Year unused Usage Unused 0 -5 0 -8'],
  },
  {
    name: 'whose credit raises a cost covers nothing of it',
    rows: [cpuFee(5, 8), core(6, 6, 1)],
    focus: [
      'FEE Cpu 1 Year base Purchase - 5 0 8 8',
      'FEE Cpu 1 Year unused Usage Unused 0 5 0 8',
      'N2 CORE base Usage - 7 7 6 -',
    ],
  },
];

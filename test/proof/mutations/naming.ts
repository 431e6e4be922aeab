import { mutationsOf, type Mutation } from './mutation.ts';

const CLEAN = "REGEXP_REPLACE(services.service_name, r'^(?:(?:Google|Cloud) )+', '')";

/** Steps that name things: SKUs, services and units. */
export const NAMING: readonly Mutation[] = [
  ...mutationsOf('describe-skus', [
    ['takes the last pattern that matches a SKU', 'ORDER BY pattern.rank) = 1', 'ORDER BY pattern.rank DESC) = 1'],
    [
      'writes what a pattern finds instead of its name',
      "COALESCE(NULLIF(pattern.value, ''), REGEXP_EXTRACT",
      'COALESCE(REGEXP_EXTRACT',
    ],
    [
      'keeps the place in a meter',
      "REGEXP_REPLACE(text.sku_description, r' (?:running )?in [A-Z].*$', '')",
      'text.sku_description',
    ],
    ['forgets dynamic prices', "found.attribute = 'pricing_category'", "found.attribute = 'nothing'"],
    ['forgets what recurs', "found.attribute = 'charge_frequency'", "found.attribute = 'nothing'"],
    ['forgets fees of commitments', "found.attribute = 'commitment_fee'", "found.attribute = 'nothing'"],
    ['forgets storage classes', "found.attribute = 'storage_class'", "found.attribute = 'nothing'"],
    ['forgets machine series', "found.attribute = 'instance_series'", "found.attribute = 'nothing'"],
    ['forgets meters', "found.attribute = 'sku_meter'", "found.attribute = 'nothing'"],
  ]),
  ...mutationsOf('describe-services', [
    ['knows services by name only', 'known.service_id = services.service_id', 'FALSE'],
    ['takes Google and Cloud for part of a name', CLEAN, 'services.service_name'],
    [
      'takes any match of a service',
      'ORDER BY closeness, known_name) = 1',
      'ORDER BY closeness DESC, known_name DESC) = 1',
    ],
  ]),
  ...mutationsOf('name-units', [
    ['tells units with a hyphen from units with a space', String.raw`r'[\s_-]+'`, String.raw`r'[\s_]+'`],
    ['does not know per', "r' per | ?/ ?'", "r' ?/ ?'"],
    ['knows no unit', 'known.export_unit = plain.plain_unit', 'FALSE'],
    ['joins words of time by spaces', "WHEN word_at > 0 AND is_time AND side_at = 0 THEN '-'", "WHEN FALSE THEN '-'"],
    [
      'writes the first words plural',
      'IF(is_last AND (side_at = 0 OR word_at > 0), plural, singular)',
      'IF(side_at = 0 OR word_at > 0, plural, singular)',
    ],
    [
      'writes plurals after a slash',
      'IF(is_last AND (side_at = 0 OR word_at > 0), plural, singular)',
      'IF(is_last, plural, singular)',
    ],
    ['writes singulars', 'IF(is_last AND (side_at = 0 OR word_at > 0), plural, singular)', 'singular'],
    ['mixes up words', 'ORDER BY side_at, word_at', 'ORDER BY side_at DESC, word_at DESC'],
    [
      'writes units that FOCUS does not allow',
      "spelt.focus_unit,\n      'Units'\n    ),",
      'spelt.focus_unit,\n      spelt.focus_unit\n    ),',
    ],
    ['reports no unknown unit', 'unit.focus_unit IS NOT NULL AS is_known', 'TRUE AS is_known'],
  ]),
];

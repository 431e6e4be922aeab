import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A product of the sample export with its price. */
export interface Sku {
  readonly serviceId: string;
  readonly service: string;
  readonly id: string;
  readonly description: string;
  readonly usageUnit: string;
  readonly pricingUnit: string;
  /** Usage units in one pricing unit. */
  readonly usagePerPrice: number;
  /** USD per pricing unit. */
  readonly listPrice: number;
  /** Pricing units that an hour usually comes to. */
  readonly typicalAmount: number;
  readonly place: 'zone' | 'region' | 'multi' | 'global';
}

/** Every SKU, as often as its weight says: picking one at random follows the weights. */
export const WEIGHTED_SKUS: readonly Sku[] = readSkus();

function readSkus(): Sku[] {
  const [, ...lines] = readFileSync(join(import.meta.dirname, 'skus.csv'), 'utf8')
    .trim()
    .split('\n');
  return lines.flatMap((line) => {
    const cells = line.split(',');
    return Array.from<Sku>({ length: Number(cells[10]) }).fill(skuOf(cells));
  });
}

function skuOf(cells: readonly string[]): Sku {
  const [serviceId, service, id, description, usageUnit, pricingUnit, usagePerPrice, listPrice, typicalAmount, place] =
    cells as [string, string, string, string, string, string, string, string, string, Sku['place']];
  return {
    serviceId,
    service,
    id,
    description,
    usageUnit,
    pricingUnit,
    usagePerPrice: Number(usagePerPrice),
    listPrice: Number(listPrice),
    typicalAmount: Number(typicalAmount),
    place,
  };
}

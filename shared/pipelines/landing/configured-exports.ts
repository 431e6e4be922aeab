import type { Metadata } from '../../providers/format-check.ts';
import { EXPORT_KINDS, type ExportKind } from './export-kinds.ts';

/** A table that the integration names, once, however often it is named. */
export interface ConfiguredExport {
  readonly kind: ExportKind;
  /** `project.dataset.table` */
  readonly path: string;
  /** For a standard export, the path of the same account's detailed one; for a detailed one the reverse. */
  readonly partner?: string | undefined;
}

export interface ConfiguredExports {
  /** In the order of the metadata, the first account's before those of further ones. */
  readonly exports: readonly ConfiguredExport[];
  /** Tables that are named more than once, with the fields that name them. */
  readonly repeated: readonly { readonly path: string; readonly fields: readonly string[] }[];
}

interface Naming {
  readonly kind: ExportKind;
  readonly path: string;
  readonly field: string;
  readonly account: number;
}

/** What the metadata of an integration says is to be landed; a table that is named twice counts as what it is named first. */
export function configuredExports(metadata: Metadata): ConfiguredExports {
  const namings = namingsOf(metadata);
  const byPath = Map.groupBy(namings, ({ path }) => path);
  const unique = [...byPath.values()].flatMap(([first]) => first ?? []);
  const pairs = pairsOf(namings, unique);
  return {
    exports: unique.map(({ kind, path }) => ({ kind, path, partner: pairs.get(path) })),
    repeated: [...byPath]
      .filter(([, all]) => all.length > 1)
      .map(([path, all]) => ({ path, fields: all.map(({ field }) => field) })),
  };
}

/** Detailed exports come first, so that one that also stands where a standard one belongs is taken for what it is. */
function namingsOf(metadata: Metadata): Naming[] {
  const accounts = [metadata, ...((metadata['additional_billing_accounts'] ?? []) as readonly Metadata[])];
  return (Object.keys(EXPORT_KINDS) as ExportKind[]).flatMap((kind) =>
    accounts.flatMap((fields, account) => {
      const path = kind === focusKindOf(fields) || !isFocus(kind) ? fields[EXPORT_KINDS[kind].field] : undefined;
      const prefix = account === 0 ? '' : `additional_billing_accounts/${account - 1}/`;
      return typeof path === 'string' ? [{ kind, path, account, field: prefix + EXPORT_KINDS[kind].field }] : [];
    }),
  );
}

const isFocus = (kind: ExportKind): boolean => EXPORT_KINDS[kind].field === EXPORT_KINDS.focus.field;

/** Beside a billing export, Google's FOCUS export is there to compare with; alone it stands in for one. */
function focusKindOf(fields: Metadata): ExportKind {
  const hasBilling = (['standard', 'detailed'] as const).some((kind) => fields[EXPORT_KINDS[kind].field] !== undefined);
  return hasBilling ? 'focus' : 'native';
}

/** Which standard and detailed exports are of one account: those named together, and those that Google named so. */
function pairsOf(namings: readonly Naming[], unique: readonly Naming[]): Map<string, string> {
  const pairs = new Map<string, string>();
  const isOf = (kind: ExportKind) => unique.filter((naming) => naming.kind === kind).map(({ path }) => path);
  const [standard, detailed] = [new Set(isOf('standard')), isOf('detailed')];
  const pair = (a: string | undefined, b: string): void => {
    if (a === undefined || !standard.has(a) || pairs.has(a) || pairs.has(b)) return;
    pairs.set(a, b).set(b, a);
  };
  for (const path of detailed) {
    const accounts = namings.filter((naming) => naming.path === path && naming.kind === 'detailed');
    for (const { account } of accounts)
      pair(namings.find((naming) => naming.account === account && naming.kind === 'standard')?.path, path);
  }
  for (const path of detailed) pair(standardNameOf(path, standard), path);
  return pairs;
}

/** Google names both tables after the account: `gcp_billing_export_v1_A` and `gcp_billing_export_resource_v1_A`. */
function standardNameOf(path: string, standard: ReadonlySet<string>): string | undefined {
  const table = path.slice(path.lastIndexOf('.') + 1);
  if (!table.startsWith('gcp_billing_export_resource_v1_')) return undefined;
  const name = table.replace('_resource_', '_');
  return [...standard].find((candidate) => candidate.endsWith(`.${name}`));
}

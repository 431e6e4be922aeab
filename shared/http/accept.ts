interface Wish {
  readonly type: string;
  readonly quality: number;
}

/**
 * Picks what a caller likes best of the media types that we have (RFC 9110, 12.5.1).
 *
 * @param types - In our own order: the first counts when nothing is asked for, or nothing that we have.
 */
export function preferredType<T extends string>(accept: string | undefined, types: readonly [T, ...T[]]): T {
  const wishes = (accept ?? '*/*').split(',').map(wishOf);
  let best = types[0];
  for (const type of types) if (qualityOf(type, wishes) > qualityOf(best, wishes)) best = type;
  return best;
}

function wishOf(text: string): Wish {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice('q='.length) ?? '1';
  return { type, quality: /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(quality) ? Number(quality) : 0 };
}

/** The most exact wish about a type counts: `text/csv`, then `text/*`, then all. */
function qualityOf(type: string, wishes: readonly Wish[]): number {
  const names = [type, `${type.split('/', 1)[0]}/*`, '*/*'];
  const wish = names.map((name) => wishes.find((candidate) => candidate.type === name)).find(Boolean);
  return wish?.quality ?? 0;
}

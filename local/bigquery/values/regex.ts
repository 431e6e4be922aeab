/** RE2's own escapes, classes, quoted stretches and groups, as far as they tell which brackets capture. */
const PIECE = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\w+:\]|[^\]])*\]|\((?:\?(?!P?<))?/g;

/** How many groups of a pattern capture. */
export function capturingGroups(pattern: string): number {
  return [...pattern.matchAll(PIECE)].filter(([piece]) => piece === '(').length;
}

/** The group that REGEXP_EXTRACT answers: the only one, else the whole match. */
export function extractedGroup(pattern: string): number {
  const groups = capturingGroups(pattern);
  if (groups > 1) {
    throw new Error('Regular expressions passed into extraction functions must not have more than 1 capturing group');
  }
  return groups;
}

/** The replacement of REGEXP_REPLACE, checked against its pattern. */
export function checkedRewrite(pattern: string, rewrite: string): string {
  const groups = capturingGroups(pattern);
  for (const [escape, char = ''] of rewrite.matchAll(/\\([\s\S]?)/g)) {
    if (char !== '\\' && !/\d/.test(char)) throw new Error(`Invalid REGEXP_REPLACE pattern: bad escape ${escape}`);
    if (Number(char) > groups)
      throw new Error(`Invalid REGEXP_REPLACE pattern: group ${char} is asked for, the regexp has ${groups}`);
  }
  return rewrite;
}

const BASE_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PREFIX_LENGTH = 4;
/** The first 6 bytes behind the prefix: one bit, 40 bits of the account, 7 bits of something else. */
const ENCODED_LENGTH = 10;

/**
 * The AWS account that a key belongs to, which key ids of today carry in base 32.
 *
 * @returns 12 digits; undefined for ids from before 2019, which are random.
 * @example
 * accountOfKey('ASIAQNZGKIQY56JQ7WML'); // '029608264753'
 */
export function accountOfKey(accessKeyId: string): string | undefined {
  const letters = accessKeyId.slice(PREFIX_LENGTH, PREFIX_LENGTH + ENCODED_LENGTH);
  // Random ids have I or J in this place, encoded ones set the first bit.
  if (!/^[Q-Z2-7][A-Z2-7]{9}$/.test(letters)) return undefined;
  const bits = letters.split('').reduce((value, letter) => value * 32n + BigInt(BASE_32.indexOf(letter)), 0n) >> 2n;
  return String((bits & 0x7fff_ffff_ff80n) >> 7n).padStart(12, '0');
}

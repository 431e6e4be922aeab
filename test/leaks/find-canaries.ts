/** A secret whose traces are searched for. */
export interface Canary {
  /** Where it was planted: `oci private_key`. */
  readonly name: string;
  readonly value: string;
}

export interface Finding {
  readonly canary: string;
  /** How the secret was written: `raw`, `base64`, `hex` ... */
  readonly form: string;
  readonly offset: number;
}

interface Needle {
  readonly canary: string;
  readonly form: string;
  readonly bytes: Buffer;
}

/** A secret is cut into pieces of this length, so that a shortened one is found as well. */
const PIECE_LENGTH = 12;
/** Every spelling of a piece is cut to no less than this, or chance would find it. */
const MIN_NEEDLE_LENGTH = 8;
/** The first lines of a PEM name the algorithm; they are the same in every key of its kind. */
const PEM_HEADER_LINES = 2;
/** Modulus and exponent of an RSA key are public; what is secret of it begins behind this byte of its DER form. */
const PUBLIC_DER_BYTES = 300;

/**
 * Looks for secrets and for parts of them, in every spelling in which they could have been written down.
 *
 * Pieces are looked for, not whole values: line breaks of a PEM, real, literal or none, stand between them.
 */
export function findCanaries(haystack: Buffer, canaries: readonly Canary[]): Finding[] {
  return needlesIn(haystack, needleIndex(canaries));
}

/** What `findCanaries` makes of the secrets; made once for many haystacks. */
export function canarySearch(canaries: readonly Canary[]): (haystack: Buffer) => Finding[] {
  const index = needleIndex(canaries);
  return (haystack) => needlesIn(haystack, index);
}

/** Needles by their first four bytes, and a filter of their first two. */
interface NeedleIndex {
  readonly filter: Uint8Array;
  readonly byHead: ReadonlyMap<number, readonly Needle[]>;
}

function needleIndex(canaries: readonly Canary[]): NeedleIndex {
  const filter = new Uint8Array(1 << 16);
  const byHead = new Map<number, Needle[]>();
  for (const needle of canaries.flatMap(needlesOf)) {
    const { bytes } = needle;
    if (bytes.length < MIN_NEEDLE_LENGTH) continue;
    filter[bytes.readUInt16LE(0)] = 1;
    const head = bytes.readUInt32LE(0);
    byHead.set(head, [...(byHead.get(head) ?? []), needle]);
  }
  return { filter, byHead };
}

function needlesIn(haystack: Buffer, { filter, byHead }: NeedleIndex): Finding[] {
  const findings: Finding[] = [];
  for (let offset = 0; offset + MIN_NEEDLE_LENGTH <= haystack.length; offset += 1) {
    if (filter[haystack[offset]! | (haystack[offset + 1]! << 8)] === 0) continue;
    for (const { canary, form, bytes } of byHead.get(haystack.readUInt32LE(offset)) ?? []) {
      const end = offset + bytes.length;
      if (end <= haystack.length && bytes.equals(haystack.subarray(offset, end))) {
        findings.push({ canary, form, offset });
      }
    }
  }
  return findings;
}

function needlesOf({ name, value }: Canary): Needle[] {
  const written = piecesOf(value).flatMap(spellingsOf);
  return [...written, ...derSpellingsOf(value)].map(({ form, bytes }) => ({ canary: name, form, bytes }));
}

/** Runs of text without a line break, cut into pieces. */
function piecesOf(value: string): string[] {
  return linesOf(value).flatMap((line) => {
    const count = Math.floor(line.length / PIECE_LENGTH);
    return Array.from({ length: count }, (_, index) => line.slice(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH));
  });
}

function linesOf(value: string): string[] {
  const lines = value.split('\n').filter((line) => !line.startsWith('-----'));
  return value.startsWith('-----BEGIN') ? lines.slice(PEM_HEADER_LINES) : lines;
}

type Spelling = Omit<Needle, 'canary'>;

function spellingsOf(piece: string): Spelling[] {
  const escaped = JSON.stringify(piece).slice(1, -1);
  const texts = {
    raw: piece,
    json: escaped,
    'json in json': JSON.stringify(escaped).slice(1, -1),
    'json with \\u': unicodeEscaped(piece),
    url: encodeURIComponent(piece),
    form: new URLSearchParams([['', piece]]).toString().slice(1),
  };
  const byText = Object.entries(texts).map(([form, text]): [string, string] => [text, form]);
  const unique = [...new Map(byText.toReversed())];
  return [
    ...unique.map(([text, form]) => ({ form, bytes: Buffer.from(text) })),
    { form: 'utf-16', bytes: Buffer.from(piece, 'utf16le') },
    ...hexOf(Buffer.from(piece)),
    ...base64Of(Buffer.from(piece)),
  ];
}

function unicodeEscaped(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function hexOf(bytes: Buffer): Spelling[] {
  const hex = bytes.toString('hex');
  return [hex, hex.toUpperCase()].map((text) => ({ form: 'hex', bytes: Buffer.from(text) }));
}

/** What stands in base64 of these bytes wherever they begin: characters that share bits with a neighbour are left out. */
function base64Of(bytes: Buffer): Spelling[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const isWhole = (offset + bytes.length) % 3 === 0;
    const inner = text.slice(Math.ceil((offset * 8) / 6), isWhole ? undefined : -1);
    return ['base64', 'base64url'].map((form) => ({
      form,
      bytes: Buffer.from(form === 'base64' ? inner : urlSafe(inner)),
    }));
  });
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}

/** The bytes that a PEM stands for, which are no longer text. */
function derSpellingsOf(value: string): Spelling[] {
  const body = /-----BEGIN [A-Z ]+-----(?<body>[^-]+)-----END/.exec(value)?.groups?.['body'];
  if (body === undefined) return [];
  const der = Buffer.from(body, 'base64').subarray(PUBLIC_DER_BYTES);
  const count = Math.floor(der.length / PIECE_LENGTH);
  return Array.from({ length: count }, (_, index) =>
    der.subarray(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH),
  ).flatMap((bytes) => [{ form: 'der', bytes }, ...hexOf(bytes)]);
}

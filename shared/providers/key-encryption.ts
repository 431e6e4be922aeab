const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END ENCRYPTED PRIVATE KEY-----/;
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** OpenSSL derives a key for as many rounds as the file says; above this it would keep the process busy for seconds. */
const MAX_ROUNDS = 1_000_000;

/** Whether an encrypted PKCS#8 key opens in bounded time; what cannot be read counts as not. */
export function opensInTime(pem: string): boolean {
  const body = ENCRYPTED_KEY.exec(pem)?.[1];
  if (body === undefined) return !pem.includes('ENCRYPTED PRIVATE KEY');
  try {
    const [key] = elements(Buffer.from(body, 'base64'));
    const [algorithm] = key?.tag === SEQUENCE ? elements(key.content) : [];
    return algorithm?.tag === SEQUENCE && integersIn(algorithm.content).every((value) => value <= MAX_ROUNDS);
  } catch {
    return false;
  }
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The numbers in an algorithm's parameters: rounds, key length, and scrypt's cost. */
function integersIn(der: Buffer): number[] {
  return elements(der).flatMap(({ tag, content }) => {
    if (tag === SEQUENCE) return integersIn(content);
    return tag === INTEGER ? [content.length > 6 ? Infinity : content.readUIntBE(0, content.length)] : [];
  });
}

function elements(der: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < der.length;) {
    const { start, end } = contentRange(der, at);
    found.push({ tag: der.readUInt8(at), content: der.subarray(start, end) });
    at = end;
  }
  return found;
}

function contentRange(der: Buffer, at: number): { start: number; end: number } {
  const first = der.readUInt8(at + 1);
  const bytes = first < 0x80 ? 0 : first - 0x80;
  // DER knows no open lengths, and four bytes are more than a credential can be long.
  if (first === 0x80 || bytes > 4) throw new RangeError('not DER');
  const start = at + 2 + bytes;
  const end = start + (bytes === 0 ? first : der.readUIntBE(at + 2, bytes));
  if (end > der.length) throw new RangeError('not DER');
  return { start, end };
}

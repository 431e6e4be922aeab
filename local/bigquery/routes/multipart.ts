import { invalid } from '../errors.ts';

const MAX_METADATA_BYTES = 8 << 20;
const HEADER_END = Buffer.from('\r\n\r\n');

/** A `multipart/related` body of two parts: JSON that says what to do, and rows, which are passed on as they come. */
export class MultipartUpload {
  readonly #boundary: string;
  #metadata: string | undefined;

  constructor(contentType: string) {
    const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? [];
    const boundary = quoted ?? plain;
    if (!boundary) throw invalid('A multipart upload needs a boundary in its Content-Type.');
    this.#boundary = boundary;
  }

  metadata(): string {
    if (this.#metadata === undefined) throw invalid('The multipart upload has no JSON part.');
    return this.#metadata;
  }

  /** Takes the body in, and yields what is in its second part. */
  rows(): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
    return async function* (this: MultipartUpload, source: AsyncIterable<Buffer>) {
      const opening = Buffer.from(`--${this.#boundary}`);
      const closing = Buffer.from(`\r\n--${this.#boundary}`);
      let rest: Buffer = Buffer.alloc(0);
      let inRows = false;
      let isOver = false;
      for await (const chunk of source) {
        if (isOver) continue; // what follows the last boundary means nothing
        rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        if (!inRows) {
          const start = this.#rowsStart(rest, opening, closing);
          if (start === undefined) continue;
          rest = rest.subarray(start);
          inRows = true;
        }
        const end = rest.indexOf(closing);
        isOver = end >= 0;
        // The boundary may be cut in two by the next chunk.
        const cut = isOver ? end : Math.max(0, rest.length - closing.length);
        if (cut > 0) yield rest.subarray(0, cut);
        rest = rest.subarray(cut);
      }
      if (!inRows || !isOver) throw invalid('The multipart upload ends before its last boundary.');
    }.bind(this);
  }

  /** Where the rows start, once all before them is here; keeps the JSON part on the way. */
  #rowsStart(bytes: Buffer, opening: Buffer, closing: Buffer): number | undefined {
    const first = bytes.indexOf(opening);
    const headers = first < 0 ? -1 : bytes.indexOf(HEADER_END, first);
    const end = headers < 0 ? -1 : bytes.indexOf(closing, headers);
    const rows = end < 0 ? -1 : bytes.indexOf(HEADER_END, end);
    if (rows < 0) {
      if (bytes.length > MAX_METADATA_BYTES) throw invalid('The JSON part of the multipart upload is too large.');
      return undefined;
    }
    this.#metadata = bytes.subarray(headers + HEADER_END.length, end).toString('utf8');
    return rows + HEADER_END.length;
  }
}

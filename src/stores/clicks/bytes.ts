/** Writes numbers and bytes one behind another. */
export class ByteWriter {
  #bytes: Uint8Array;
  length = 0;

  constructor(size = 1024) {
    this.#bytes = new Uint8Array(size);
  }

  /** A whole number from 0 to 2^53 - 1, in as many groups of seven bits as it needs. */
  varint(value: number): void {
    if (this.length + 8 > this.#bytes.length) this.#grow(8);
    const bytes = this.#bytes;
    let rest = value;
    while (rest >= 0x80) {
      bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    bytes[this.length++] = rest;
  }

  /** Room for so many bytes, so that `small` need not look. */
  reserve(length: number): void {
    if (this.length + length > this.#bytes.length) this.#grow(length);
  }

  /** A number that mostly is below 128, for which there is room. */
  small(value: number): void {
    if (value < 0x80) this.#bytes[this.length++] = value;
    else this.varint(value);
  }

  uint32(value: number): void {
    if (this.length + 4 > this.#bytes.length) this.#grow(4);
    const bytes = this.#bytes;
    bytes[this.length++] = value >>> 24;
    bytes[this.length++] = value >>> 16;
    bytes[this.length++] = value >>> 8;
    bytes[this.length++] = value;
  }

  /** Leaves room, which `patch` fills; gives where. */
  skip(length: number): number {
    if (this.length + length > this.#bytes.length) this.#grow(length);
    this.length += length;
    return this.length - length;
  }

  /** Puts 32 bits where `skip` left room for them. */
  patch(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  bytes(value: Uint8Array): void {
    if (this.length + value.length > this.#bytes.length) this.#grow(value.length);
    this.#bytes.set(value, this.length);
    this.length += value.length;
  }

  /** What was written; valid until more is. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** Begins anew. */
  clear(): void {
    this.length = 0;
  }

  #grow(more: number): void {
    const bigger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more));
    bigger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = bigger;
  }
}

/** Reads what `ByteWriter` wrote. */
export class ByteReader {
  readonly source: Uint8Array;
  at: number;

  constructor(source: Uint8Array, at = 0) {
    this.source = source;
    this.at = at;
  }

  varint(): number {
    const { source } = this;
    let byte = source[this.at++] ?? 0;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let weight = 0x80;
    for (let groups = 0; groups < 7; groups++) {
      byte = source[this.at++] ?? 0;
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) break;
      weight *= 0x80;
    }
    return value;
  }

  /** Each ends with a byte below 128. */
  skipVarints(count: number): void {
    const { source } = this;
    let at = this.at;
    for (let left = count; left > 0 && at < source.length; at++) if ((source[at] ?? 0) < 0x80) left--;
    this.at = at;
  }

  uint32(): number {
    const { source, at } = this;
    this.at = at + 4;
    // Taken apart in a pattern this was two fifths of all that reading sums took.
    return (
      (((source[at] ?? 0) << 24) |
        ((source[at + 1] ?? 0) << 16) |
        ((source[at + 2] ?? 0) << 8) |
        (source[at + 3] ?? 0)) >>>
      0
    );
  }

  bytes(length: number): Uint8Array {
    this.at += length;
    return this.source.subarray(this.at - length, this.at);
  }
}

/** A whole answer, as far as a load test looks. */
export interface Answered {
  readonly status: number;
  /** The server ends the connection. */
  readonly closes: boolean;
}

/** Reads HTTP/1.1 answers, one at a time, whose bodies have a length, come in chunks, or are not there. */
export class AnswerReader {
  #text = "";

  reset(): void {
    this.#text = "";
  }

  /** Takes what came; gives the answer once it is whole. A body without a length ends with its connection: no answer. */
  take(bytes: Uint8Array): Answered | undefined {
    // One byte, one character: lengths are in bytes.
    this.#text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    const end = this.#text.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const head = this.#text.slice(0, end);
    const status = Number(head.slice(9, 12));
    if (!this.#isWhole(head, status, this.#text.length - end - 4)) return undefined;
    this.#text = "";
    return { status, closes: /^connection: *close/im.test(head) };
  }

  #isWhole(head: string, status: number, there: number): boolean {
    if (status === 204 || status === 304) return true;
    if (/^transfer-encoding:.*chunked/im.test(head)) return this.#text.endsWith("0\r\n\r\n");
    return there >= Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  }
}

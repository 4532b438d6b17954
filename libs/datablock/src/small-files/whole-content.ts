/** Content that is there already, all of it: what takes a stream may take its bytes at once. */
export class WholeContent implements AsyncIterable<Buffer> {
  constructor(readonly bytes: Buffer) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    if (this.bytes.length > 0) yield await Promise.resolve(this.bytes);
  }
}

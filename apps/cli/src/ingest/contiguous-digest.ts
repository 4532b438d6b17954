import { createHash } from 'node:crypto';

/** Hashes a file once, in order, however often parts of it are read again for another try. */
export class ContiguousDigest {
  private readonly hash = createHash('sha256');
  private position = 0;

  update(start: number, chunk: Buffer): void {
    if (start > this.position) throw new Error(`bytes ${this.position} to ${start} were never read`);
    const fresh = chunk.subarray(this.position - start);
    this.hash.update(fresh);
    this.position += fresh.length;
  }

  hex(): string {
    return this.hash.digest('hex');
  }
}

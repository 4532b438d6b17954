import { MongoError } from '../errors/mongo-error.js';
import { ExpiringMap } from './expiring-map.js';

interface Remembered {
  readonly number: bigint;
  readonly reply: Promise<Buffer>;
  bytes: number;
}

/** All remembered replies together; beyond it the sessions unused for longest lose theirs. */
const MAXIMUM_BYTES = 64 * 1024 * 1024;

/**
 * The last reply to a retryable write of each session. A driver that lost the answer sends the write again under
 * the same number and gets the first answer, also while the first attempt is still running.
 */
export class ReplyCache {
  private readonly bySession: ExpiringMap<string, Remembered>;
  private bytes = 0;

  constructor(limits: { readonly maximum: number; readonly idleMilliseconds: number }) {
    this.bySession = new ExpiringMap(limits, (_, entry) => this.discount(entry));
  }

  async once(session: string, number: bigint, write: () => Promise<Buffer>): Promise<Buffer> {
    const known = this.bySession.get(session);
    if (known?.number === number) return known.reply;
    if (known !== undefined && number < known.number) {
      throw new MongoError(225, `write ${number} is older than ${known.number} of the same session`);
    }
    this.forgetSession(session);
    const entry = { number, reply: write(), bytes: 0 };
    this.bySession.set(session, entry);
    try {
      const answer = await entry.reply;
      if (this.bySession.get(session) === entry) this.count(entry, answer.length);
      return answer;
    } catch (error) {
      if (this.bySession.get(session) === entry) this.forgetSession(session);
      throw error;
    }
  }

  forgetSession(session: string): void {
    const entry = this.bySession.take(session);
    if (entry !== undefined) this.discount(entry);
  }

  sweep(): void {
    this.bySession.sweep();
  }

  private count(entry: Remembered, bytes: number): void {
    entry.bytes = bytes;
    this.bytes += bytes;
    while (this.bytes > MAXIMUM_BYTES) this.bySession.forgetOldest();
  }

  private discount(entry: Remembered): void {
    this.bytes -= entry.bytes;
    entry.bytes = 0;
  }
}

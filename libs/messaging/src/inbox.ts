import { createHash } from 'node:crypto';
import { SystemClock, type Clock } from '#kernel';

/** By which a message that comes again is told from another one under the same id. */
export function digestOfBody(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64');
}

/** What a consumer remembers of the messages it has handled, so that a second delivery changes nothing. */
export abstract class Inbox {
  /**
   * `duplicate`: handled before. `conflict`: the same id was handled with another content. `waiting`: a copy of it waits
   * in a retry tier for a service that is away.
   */
  abstract check(messageId: string, digest: string): Promise<'new' | 'duplicate' | 'conflict' | 'waiting'>;

  /** Remembers for so many milliseconds that a copy of the message waits. What was handled stays handled. */
  abstract wait(messageId: string, type: string, milliseconds: number): Promise<void>;

  /**
   * Remembers the message as handled. The content of the first time counts.
   *
   * @param discardedBy of a message that nobody handled: the decision to take it for handled. There may be several: copies of
   * one message are parked, and decided on, each by itself.
   */
  abstract record(messageId: string, type: string, digest: string, discardedBy?: string): Promise<void>;

  /**
   * Takes back what exactly this decision had it remember, or all decisions where none is named; what was handled, or is
   * discarded by another decision, stays as it is.
   */
  abstract forgetDiscarded(messageId: string, discardedBy?: string): Promise<void>;
}

export class MemoryInbox extends Inbox {
  private readonly digests = new Map<string, string>();
  private readonly discarded = new Map<string, Set<string>>();
  private readonly waiting = new Map<string, number>();

  constructor(private readonly clock: Clock = new SystemClock()) {
    super();
  }

  check(messageId: string, digest: string): Promise<'new' | 'duplicate' | 'conflict' | 'waiting'> {
    const known = this.digests.get(messageId);
    if (known !== undefined) return Promise.resolve(known === digest ? 'duplicate' : 'conflict');
    return Promise.resolve(
      (this.waiting.get(messageId) ?? 0) > this.clock.now().getTime() ? 'waiting' : 'new',
    );
  }

  wait(messageId: string, _type: string, milliseconds: number): Promise<void> {
    this.waiting.set(messageId, this.clock.now().getTime() + milliseconds);
    return Promise.resolve();
  }

  record(messageId: string, _type: string, digest: string, discardedBy?: string): Promise<void> {
    const isNew = !this.digests.has(messageId);
    if (isNew) this.digests.set(messageId, digest);
    if (discardedBy === undefined) this.discarded.delete(messageId);
    else if (isNew) this.discarded.set(messageId, new Set([discardedBy]));
    else this.discarded.get(messageId)?.add(discardedBy);
    return Promise.resolve();
  }

  forgetDiscarded(messageId: string, discardedBy?: string): Promise<void> {
    const decisions = this.discarded.get(messageId);
    if (decisions === undefined) return Promise.resolve();
    if (discardedBy === undefined) decisions.clear();
    else decisions.delete(discardedBy);
    if (decisions.size > 0) return Promise.resolve();
    this.discarded.delete(messageId);
    this.digests.delete(messageId);
    return Promise.resolve();
  }
}

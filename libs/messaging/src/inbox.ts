/** What a consumer remembers of the messages it has handled, so that a second delivery changes nothing. */
export abstract class Inbox {
  /** `duplicate`: handled before. `conflict`: the same id was handled with another content. */
  abstract check(messageId: string, digest: string): Promise<'new' | 'duplicate' | 'conflict'>;

  /** Remembers the message as handled. Idempotent. */
  abstract record(messageId: string, type: string, digest: string): Promise<void>;
}

export class MemoryInbox extends Inbox {
  private readonly digests = new Map<string, string>();

  check(messageId: string, digest: string): Promise<'new' | 'duplicate' | 'conflict'> {
    const known = this.digests.get(messageId);
    return Promise.resolve(known === undefined ? 'new' : known === digest ? 'duplicate' : 'conflict');
  }

  record(messageId: string, _type: string, digest: string): Promise<void> {
    this.digests.set(messageId, digest);
    return Promise.resolve();
  }
}

import type { CurrentSession } from '../session/session.js';

/** What a page wants to hear of. */
export const topics = ['jobs', 'operations'] as const;
export type Topic = (typeof topics)[number];

/** Where bytes for a page go: a response, or what stands for one in a test. */
export interface Wire {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  readonly writableLength: number;
  write(text: string): boolean;
  end(): unknown;
  destroy(): unknown;
}

/** Bytes that may wait for a page: one that does not read them is cut off. */
const maxUnread = 256 * 1024;
/** Milliseconds after which a browser comes back that was cut off. */
const reconnectAfter = 3000;

/** One open page of a person. */
export class Tab {
  /** When the session was looked at last; milliseconds since 1970. */
  checkedAt: number;

  constructor(
    private readonly wire: Wire,
    public session: CurrentSession,
    readonly wanted: ReadonlySet<Topic>,
    now: number,
  ) {
    this.checkedAt = now;
  }

  begin(): void {
    this.write(`retry: ${reconnectAfter}\n\n`);
  }

  /** @param data one line of JSON */
  send(event: string, data: string, id: number): void {
    this.write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);
  }

  breathe(): void {
    this.write(': still here\n\n');
  }

  end(): void {
    if (!this.wire.writableEnded) this.wire.end();
  }

  drop(): void {
    this.wire.destroy();
  }

  private write(text: string): void {
    if (this.wire.destroyed || this.wire.writableEnded) return;
    if (!this.wire.write(text) && this.wire.writableLength > maxUnread) this.drop();
  }
}

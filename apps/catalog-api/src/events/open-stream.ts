import type { ServerResponse } from 'node:http';
import type { Session } from '../persistence/records.js';
import type { Caller } from '../domain/access.js';

/** Bytes that may wait for a reader: a client that does not read them is cut off. */
const maxUnread = 256 * 1024;

/** Milliseconds after which a browser comes back that was cut off. */
const reconnectAfter = 3000;

/** One connection over which a listener is sent events. */
export class OpenStream {
  /** When the server last looked whether the session still stands for the caller; milliseconds since 1970. */
  checkedAt: number;
  /** Until when the listener was told everything, where it can come back with that; milliseconds since 1970. */
  place?: number;
  private isUnread = false;

  constructor(
    private readonly raw: ServerResponse,
    readonly session: Session,
    public caller: Caller,
    now: number,
  ) {
    this.checkedAt = now;
  }

  begin(): void {
    this.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      connection: 'keep-alive',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    });
    this.raw.flushHeaders();
    this.write(`retry: ${reconnectAfter}\n\n`);
  }

  /**
   * @param data one line of JSON
   * @param place what the listener comes back with when it has heard this last
   */
  send(event: string, data: string, place?: number): void {
    this.write(`${idOf(place)}event: ${event}\ndata: ${data}\n\n`);
  }

  /** A sign of life; a reader who has not read since the last one, or not even the end, is gone. */
  breathe(): void {
    if (this.isUnread || this.raw.writableEnded) this.drop();
    else this.write(`: still here\n${idOf(this.place)}\n`);
  }

  end(): void {
    if (!this.raw.writableEnded) this.raw.end();
  }

  /** For readers to whom nothing more can be said. */
  drop(): void {
    this.raw.destroy();
  }

  private write(text: string): void {
    if (this.raw.destroyed || this.raw.writableEnded) return;
    if (this.raw.write(text)) return;
    if (this.raw.writableLength > maxUnread) return this.drop();
    if (this.isUnread) return;
    this.isUnread = true;
    this.raw.once('drain', () => (this.isUnread = false));
  }
}

function idOf(place: number | undefined): string {
  return place === undefined ? '' : `id: ${place}\n`;
}

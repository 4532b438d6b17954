import type { Socket } from 'node:net';
import { answer } from './commands/dispatch.js';
import type { ClientState, Services } from './commands/services.js';
import { FrameReader } from './frame-reader.js';
import {
  HEADER_LENGTH,
  MAX_HANDSHAKE_BYTES,
  MAX_MESSAGE_BYTES,
  messageLength,
  parseMessage,
  replyHead,
} from './wire/message.js';

/** A message that started must be complete after this time, however large: nobody trickles bytes honestly. */
const MESSAGE_PATIENCE_MILLISECONDS = 30_000;
/** A connection on which nothing was ever said is closed. */
const SILENCE_PATIENCE_MILLISECONDS = 30_000;

const COPY_LIMIT = 32 * 1024;

/**
 * One client: reads messages, answers them in order. While a command runs nothing more is read, so a client that
 * sends faster than it is served fills its own buffers, not ours; the same for one that does not take its answers.
 */
export class ClientConnection {
  private readonly reader = new FrameReader({
    headerLength: HEADER_LENGTH,
    lengthOf: (header) =>
      messageLength(header, this.state.authenticated ? MAX_MESSAGE_BYTES : MAX_HANDSHAKE_BYTES),
  });
  private readonly state: ClientState;
  private timer: NodeJS.Timeout | undefined;
  private working = false;

  constructor(
    private readonly socket: Socket,
    id: number,
    private readonly services: Services,
    private readonly log: (line: string) => void,
  ) {
    this.state = { id, authenticated: false, conversation: undefined };
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clearTimeout(this.timer));
    this.expectMessageWithin(SILENCE_PATIENCE_MILLISECONDS);
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.reader.push(chunk);
    if (!this.working) void this.work();
  }

  private async work(): Promise<void> {
    this.working = true;
    this.socket.pause();
    try {
      for (let frame = this.reader.next(); frame !== undefined; frame = this.reader.next()) {
        clearTimeout(this.timer);
        this.timer = undefined;
        await this.serve(frame);
      }
      this.watchIncompleteMessage();
    } catch (error) {
      this.refuse(error);
    } finally {
      this.working = false;
      this.socket.resume();
    }
  }

  private async serve(frame: Buffer): Promise<void> {
    const message = parseMessage(frame);
    const reply = await answer(message, this.state, this.services);
    if (!message.wantsReply || this.socket.destroyed) return;
    const flowing = this.send(replyHead(message, reply.length), reply);
    if (!flowing) await this.drained();
  }

  /** Small replies go out as one piece: copying them costs less than a gathered write. */
  private send(head: Buffer, reply: Buffer): boolean {
    if (reply.length < COPY_LIMIT) return this.socket.write(Buffer.concat([head, reply]));
    this.socket.cork();
    this.socket.write(head);
    const flowing = this.socket.write(reply);
    this.socket.uncork();
    return flowing;
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.socket.off('drain', done);
        this.socket.off('close', done);
        resolve();
      };
      this.socket.on('drain', done);
      this.socket.on('close', done);
    });
  }

  private watchIncompleteMessage(): void {
    if (this.reader.pending > 0 && this.timer === undefined) {
      this.expectMessageWithin(MESSAGE_PATIENCE_MILLISECONDS);
    }
  }

  private expectMessageWithin(milliseconds: number): void {
    this.timer = setTimeout(() => this.refuse(new Error('no complete message came in time')), milliseconds);
    this.timer.unref();
  }

  private refuse(error: unknown): void {
    this.log(`client ${this.state.id} closed: ${error instanceof Error ? error.message : String(error)}`);
    this.socket.destroy();
  }
}

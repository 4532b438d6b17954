import type { ChannelModel } from 'amqplib';
import { messageOf, TransientError } from '#kernel';
import type { Logger } from '#observability';

/**
 * One connection to the broker, and every answer that is awaited on it.
 *
 * The client (amqplib 2) calls back on an answer and on nothing else: a channel or connection that is closing when the
 * socket dies is never heard of again. Here every wait ends with the answer, with the connection, or with a limit; in
 * the last case the connection is cut, because a broker that leaves one question open is not to be trusted with the next.
 */
export class BrokerLine {
  /** Resolves with the reason when the connection is gone. Never rejects. */
  readonly ended: Promise<string>;
  private readonly waiting = new Set<(error: Error) => void>();
  private over: string | undefined;
  private closing: Promise<void> | undefined;

  /** @param limit milliseconds for one answer */
  constructor(
    private readonly name: string,
    readonly connection: ChannelModel,
    private readonly limit: number,
    private readonly logger: Logger,
  ) {
    this.ended = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.over ??= reason;
        resolve(this.over);
        for (const fail of [...this.waiting]) fail(this.gone('an answer'));
      };
      connection.on('error', (error: unknown) => end(messageOf(error)));
      connection.on('close', () => end('closed'));
      // The client listens to the end of the stream, not to its destruction.
      streamOf(connection).once('close', () => end('the connection was cut'));
    });
  }

  /**
   * @param asked what the broker was asked for, for people
   * @throws TransientError `messaging.no-answer` when the connection ended first, or the limit was reached
   */
  answer<Answer>(asked: string, answer: PromiseLike<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.waiting.delete(fail);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const timer = setTimeout(() => {
        fail(this.tooLate(asked));
        this.cut(`no answer to "${asked}" within ${this.limit} ms`);
      }, this.limit);
      this.waiting.add(fail);
      if (this.over !== undefined) fail(this.gone(asked));
      answer.then((value) => {
        settle();
        resolve(value);
      }, fail);
    });
  }

  /**
   * Work of many questions, which may take no longer than two answers may.
   *
   * @throws TransientError `messaging.no-answer` when it takes longer: the connection is cut then
   */
  async within<Answer>(asked: string, work: () => Promise<Answer>): Promise<Answer> {
    const most = 2 * this.limit;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(this.tooLate(asked, most));
        this.cut(`"${asked}" took longer than ${most} ms`);
      }, most);
    });
    try {
      return await Promise.race([work(), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Says goodbye, and goes when nobody answers. Never rejects. */
  close(): Promise<void> {
    return (this.closing ??= this.sayGoodbye());
  }

  /** Ends the connection from this side, without a word to the broker. */
  cut(reason: string): void {
    if (this.over !== undefined) return;
    this.logger.warn({ connection: this.name, reason }, 'the connection to the broker is cut from this side');
    streamOf(this.connection).destroy(new Error(reason));
  }

  private async sayGoodbye(): Promise<void> {
    if (this.over !== undefined) return;
    const goodbye = new Promise<void>((resolve, reject) => {
      this.connection.close().then(resolve, reject);
    });
    await this.answer('close the connection', goodbye).catch(() => undefined);
    if (this.over === undefined) this.cut('it was closed');
  }

  private gone(asked: string): TransientError {
    return new TransientError(
      'messaging.no-answer',
      `Expected the broker to answer (${asked}, ${this.name}), found the connection gone: ${this.over}. It is opened again by itself.`,
    );
  }

  private tooLate(asked: string, limit = this.limit): TransientError {
    return new TransientError(
      'messaging.no-answer',
      `Expected the broker to answer within ${limit} ms (${asked}, ${this.name}), found silence. Another connection is opened by itself; look at the broker when this repeats.`,
    );
  }
}

interface Stream {
  destroy(error: Error): void;
  once(event: 'close', listener: () => void): void;
}

/** Not public in the client, so checked. */
function streamOf(connection: ChannelModel): Stream {
  const { stream } = connection.connection as unknown as { readonly stream?: Stream };
  if (stream === undefined)
    throw new Error('expected amqplib to keep the socket of a connection as connection.stream, found none');
  return stream;
}

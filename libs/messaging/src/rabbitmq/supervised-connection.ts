import { connect, type ChannelModel } from 'amqplib';
import { backOff, messageOf, wait } from '#kernel';
import type { Logger } from '#observability';

/** Opens a connection, keeps opening it again when it is lost, and says so. */
export class SupervisedConnection {
  private current: ChannelModel | undefined;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  /**
   * @param setUp prepares channels on a fresh connection; when it fails with a retriable error the connection is closed and tried again
   * @param onFatal called when `setUp` failed for good
   */
  constructor(
    private readonly name: string,
    private readonly url: string,
    private readonly setUp: (connection: ChannelModel) => Promise<void>,
    private readonly onFatal: (error: unknown) => boolean,
    private readonly logger: Logger,
  ) {
    this.running = this.supervise();
  }

  get connected(): boolean {
    return this.current !== undefined;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.current?.close().catch(() => undefined);
    await this.running;
  }

  private async supervise(): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await this.holdOneConnection(() => (attempt = 0));
      } catch (error) {
        if (this.onFatal(error)) return;
        if (!signal.aborted)
          this.logger.warn(
            { connection: this.name, error: messageOf(error) },
            'broker is out of reach, trying again',
          );
      }
      if (!signal.aborted) await wait(200 + backOff(attempt, 200, 5000), signal);
    }
  }

  private async holdOneConnection(onReady: () => void): Promise<void> {
    const connection = await connect(this.url, {
      clientProperties: { connection_name: this.name },
      timeout: 10_000,
    });
    const ended = new Promise<string>((resolve) => {
      connection.on('error', (error: unknown) => resolve(messageOf(error)));
      connection.on('close', () => resolve('closed'));
    });
    try {
      await this.setUp(connection);
      this.current = connection;
      onReady();
      this.logger.info({ connection: this.name }, 'connected to the broker');
      if (this.stopping.signal.aborted) await connection.close();
      const reason = await ended;
      if (!this.stopping.signal.aborted)
        this.logger.warn({ connection: this.name, reason }, 'connection to the broker is lost');
    } finally {
      this.current = undefined;
      await connection.close().catch(() => undefined);
    }
  }
}

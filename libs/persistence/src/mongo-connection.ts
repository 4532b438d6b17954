import mongoose, { type Connection } from 'mongoose';
import { backOff, lifeSigns, messageOf, wait } from '#kernel';
import { metrics, type Logger } from '#observability';
import { isDatabaseAway } from './database-error.js';
import { watchCommands } from './command-watch.js';
import { repairDriver } from './driver-repair.js';

export interface MongoOptions {
  /** `mongodb://…/<database>`; the path names the database. */
  readonly uri: string;
  readonly appName: string;
  /** Milliseconds an operation waits for a server before it fails. Default 5000. */
  readonly serverSelectionTimeout?: number;
  /** Milliseconds a server may take for one answer. Default 240 000: less than liveness allows for. */
  readonly answerTimeout?: number;
}

/**
 * Starts connecting and returns at once; keeps trying until `close`. Operations fail within the time-out while the
 * server is away, so that a request gets a clear answer instead of hanging.
 */
export class MongoConnection {
  readonly connection: Connection = mongoose.createConnection();
  private readonly stopping = new AbortController();
  private readonly connecting: Promise<void>;

  constructor(
    private readonly options: MongoOptions,
    private readonly logger: Logger,
  ) {
    repairDriver();
    this.connection.on('error', (error: unknown) =>
      logger.warn({ error: messageOf(error) }, 'database connection failed'),
    );
    this.connecting = this.connect();
  }

  get ready(): boolean {
    return this.connection.readyState === mongoose.ConnectionStates.connected;
  }

  /** Resolves when the server was reached for the first time. */
  async whenReady(): Promise<void> {
    await this.connecting;
  }

  /**
   * Does what is to be done once after a start, as soon as the server is reached: again and again while it goes away in the
   * midst of it. The work must be safe to repeat.
   *
   * @throws any other error of the work
   */
  async afterStart(what: string, work: () => Promise<void>): Promise<void> {
    await this.whenReady();
    const { signal } = this.stopping;
    while (!signal.aborted)
      try {
        return await work();
      } catch (error) {
        if (signal.aborted) return;
        if (!isDatabaseAway(error)) throw error;
        this.logger.warn(
          { what, error: messageOf(error) },
          'the database went away during the start, trying again',
        );
        await wait(1000, signal);
      }
  }

  /** Round trip to the server. */
  async ping(): Promise<void> {
    await this.connection.db?.admin().ping();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.connection.close();
    await this.connecting;
  }

  private async connect(): Promise<void> {
    const { signal } = this.stopping;
    const timeout = this.options.serverSelectionTimeout ?? 5000;
    const sign = lifeSigns.begin('connection to the database');
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      sign.moved();
      try {
        await this.connection.openUri(this.options.uri, {
          appName: this.options.appName,
          serverSelectionTimeoutMS: timeout,
          // Node waits for ever on a silent socket; nothing here takes minutes without a word.
          socketTimeoutMS: this.options.answerTimeout ?? 240_000,
          waitQueueTimeoutMS: 60_000,
          // An acknowledged write must survive the loss of one server. As options of their own, because these go
          // before what the address says; what is inside `writeConcern` does not.
          w: 'majority',
          journal: true,
          autoIndex: false,
          autoCreate: false,
          maxPoolSize: 40,
          monitorCommands: metrics.enabled,
        });
        if (metrics.enabled) watchCommands(this.connection.getClient());
        this.logger.info('connected to the database');
        break;
      } catch (error) {
        if (signal.aborted) break;
        this.logger.warn({ error: messageOf(error) }, 'database is out of reach, trying again');
        await wait(300 + backOff(attempt, 300, 10_000), signal);
      }
    }
    sign.end();
  }
}

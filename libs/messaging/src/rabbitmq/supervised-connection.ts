import { connect, type ChannelModel } from 'amqplib';
import {
  backOff,
  ending,
  lifeSigns,
  livingBy,
  messageOf,
  TransientError,
  wait,
  type LifeSign,
  type LifeSigns,
} from '#kernel';
import type { Logger } from '#observability';
import { BrokerLine } from './broker-line.js';

export interface SupervisedConnectionOptions {
  readonly name: string;
  readonly url: string;
  /** Milliseconds the broker may take for one answer. */
  readonly answerLimit: number;
  /** Default: those of the process. */
  readonly signs?: LifeSigns;
  /** Prepares channels on a fresh connection; when it fails with a retriable error the connection is given up and another one tried. */
  readonly setUp: (line: BrokerLine) => Promise<void>;
  /** Called with every failure; true: it is one for people, and the supervision ends. */
  readonly onFatal: (error: unknown) => boolean;
}

/** Opens a connection, keeps opening it again when it is lost, and says so. */
export class SupervisedConnection {
  private line: BrokerLine | undefined;
  private ready = false;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly options: SupervisedConnectionOptions,
    private readonly logger: Logger,
  ) {
    const sign = (options.signs ?? lifeSigns).begin(`connection to the broker: ${options.name}`);
    this.running = livingBy(sign, () => this.supervise(sign)).finally(() => sign.end());
  }

  get connected(): boolean {
    return this.ready;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    const { name } = this.options;
    await ending.waitFor(
      `connection to the broker: ${name}`,
      Promise.all([this.line?.close(), this.running]),
    );
  }

  private async supervise(sign: LifeSign): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      sign.moved();
      try {
        await this.holdOneConnection(sign, () => (attempt = 0));
      } catch (error) {
        if (this.options.onFatal(error)) return;
        if (!signal.aborted)
          this.logger.warn(
            { connection: this.options.name, error: messageOf(error) },
            'broker is out of reach, trying again',
          );
      }
      if (!signal.aborted) await wait(200 + backOff(attempt, 200, 5000), signal);
    }
  }

  private async holdOneConnection(sign: LifeSign, onReady: () => void): Promise<void> {
    const { name, answerLimit, setUp } = this.options;
    const line = new BrokerLine(name, await this.open(), answerLimit, this.logger);
    this.line = line;
    try {
      if (this.stopping.signal.aborted) return;
      await setUp(line);
      this.ready = true;
      onReady();
      this.logger.info({ connection: name }, 'connected to the broker');
      const reason = await this.watch(line, sign);
      if (!this.stopping.signal.aborted)
        this.logger.warn({ connection: name, reason }, 'connection to the broker is lost');
    } finally {
      this.ready = false;
      this.line = undefined;
      await line.close();
    }
  }

  /** Asks something simple now and then: a connection may live on while nobody behind it answers any more. */
  private async watch(line: BrokerLine, sign: LifeSign): Promise<string> {
    const over = new AbortController();
    const blocked = heldBack(line.connection);
    const ended = line.ended.finally(() => over.abort());
    for (;;) {
      await wait(this.options.answerLimit, over.signal);
      if (over.signal.aborted) return ended;
      // While the broker holds publishers back it reads nothing, and says so beforehand.
      if (!blocked()) await probe(line).catch(() => undefined);
      sign.moved();
    }
  }

  private async open(): Promise<ChannelModel> {
    const { name, url, answerLimit } = this.options;
    const { signal } = this.stopping;
    const opening = connect(url, {
      clientProperties: { connection_name: name },
      timeout: Math.min(10_000, answerLimit),
    });
    const settled = new AbortController();
    const given = await Promise.race([
      opening,
      wait(answerLimit, AbortSignal.any([signal, settled.signal])),
    ]).finally(() => settled.abort());
    if (given !== undefined) return given;
    // A broker that answers now comes too late. The line takes what happens to the connection until it has gone.
    opening.then(
      (late) => new BrokerLine(name, late, answerLimit, this.logger).close(),
      () => undefined,
    );
    throw new TransientError(
      'messaging.no-answer',
      signal.aborted
        ? `The connection ${name} is no longer wanted.`
        : `Expected the broker to open the connection ${name} within ${answerLimit} ms, found silence.`,
    );
  }
}

async function probe(line: BrokerLine): Promise<void> {
  const channel = await line.answer('open a channel', line.connection.createChannel());
  channel.on('error', () => undefined);
  await line.answer('close a channel', channel.close());
}

function heldBack(connection: ChannelModel): () => boolean {
  let blocked = false;
  connection.on('blocked', () => (blocked = true));
  connection.on('unblocked', () => (blocked = false));
  return () => blocked;
}

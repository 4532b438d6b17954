import { Inject, Injectable } from '@nestjs/common';
import { Clock, StandingQuestion } from '#kernel';
import { HostedLoop } from '#leased-work';
import { MessageTransport } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import { type Backlog, OutboxStore } from '#outbox';
import { MongoConnection } from '#persistence';
import { DatabasePulse } from './database-pulse.js';

/** Milliseconds between two looks, and for one of them. */
const pause = 3000;
const patience = 10_000;

/** What an app says about one of its own parts; `status` is a word for people and alarms. */
export interface PartHealth {
  readonly status: string;
  readonly [fact: string]: string | number;
}

/**
 * What health answers, kept up to date by the app itself: connections tell when they are lost, and a look every few seconds
 * finds the rest. Anybody may ask for health, as often as they like: it costs no question to anybody.
 */
@Injectable()
export class AppHealth extends HostedLoop {
  private readonly pulse: DatabasePulse;
  private readonly backlog: StandingQuestion<Backlog>;
  private readonly parts = new Map<string, StandingQuestion<PartHealth>>();

  constructor(
    mongo: MongoConnection,
    private readonly transport: MessageTransport,
    outbox: OutboxStore,
    clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({ name: 'look at health', pause, logger, fault: 'could not look at health' });
    this.pulse = new DatabasePulse(mongo);
    this.backlog = new StandingQuestion(() => outbox.backlog(clock.now()), patience);
  }

  override onApplicationBootstrap(): void {
    this.pulse.start();
    super.onApplicationBootstrap();
  }

  override async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.pulse.stop(), super.beforeApplicationShutdown()]);
  }

  /** A part of the app to be looked at with the others. */
  add(name: string, look: () => Promise<PartHealth>): void {
    this.parts.set(name, new StandingQuestion(look, patience));
  }

  get database(): boolean {
    return this.pulse.up;
  }

  get broker(): boolean {
    return this.transport.connected;
  }

  /** As of the last look; undefined before the first, `unknown` when that failed. */
  get outbox(): Backlog | { readonly status: 'unknown' } | undefined {
    return this.backlog.failing ? { status: 'unknown' } : this.backlog.answer;
  }

  /** What was found of each part that was added. */
  get found(): Readonly<Record<string, PartHealth>> {
    const answers = [...this.parts].map(([name, { answer, failing }]) => [
      name,
      failing || answer === undefined ? { status: 'unknown' } : answer,
    ]);
    return Object.fromEntries(answers) as Record<string, PartHealth>;
  }

  async round(): Promise<void> {
    if (!this.database) return;
    await Promise.all([this.backlog, ...this.parts.values()].map((question) => question.ask()));
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { Clock, LookOnDemand, StandingQuestion } from '#kernel';
import { HostedLoop } from '#leased-work';
import { MessageTransport } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import { type Backlog, OutboxStore } from '#outbox';
import { MongoConnection } from '#persistence';
import { DatabasePulse } from './database-pulse.js';

/** Milliseconds between two looks while nobody wants to know, and for one of them. */
const pause = 30_000;
const patience = 10_000;

/** What an app says about one of its own parts; `status` is a word for people and alarms. */
export interface PartHealth {
  readonly status: string;
  readonly [fact: string]: string | number;
}

/**
 * What health answers, kept by the app itself: connections tell when they are lost, and a look finds the rest, now and then and when
 * a reader wants to know. Anybody may ask for health, as often as they like: there is one look for all of them every few seconds.
 */
@Injectable()
export class AppHealth extends HostedLoop {
  private readonly pulse: DatabasePulse;
  private readonly backlog: StandingQuestion<Backlog>;
  private readonly parts = new Map<string, StandingQuestion<PartHealth>>();
  private readonly looks = new LookOnDemand(() => this.wake());

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

  /**
   * Brings what is known up to date, for a reader who can wait a second. Before the first look, and while a service is away, there is
   * nothing to wait for.
   *
   * @returns undefined where nothing newer is to be had: most readers need not wait
   */
  upToDate(): Promise<unknown> | undefined {
    if (!this.database) return this.pulse.upToDate();
    const looks = [this.pulse.upToDate(), this.looks.upToDate()].filter((look) => look !== undefined);
    return looks.length === 0 ? undefined : Promise.all(looks);
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

  round(): Promise<void> {
    return this.looks.run(async () => {
      if (!this.database) return;
      await Promise.all([this.backlog, ...this.parts.values()].map((question) => question.ask()));
    });
  }
}

import { LookOnDemand, StandingQuestion } from '#kernel';
import { WorkLoop } from '#leased-work';
import type { MongoConnection } from '#persistence';

/** Milliseconds between two questions while nobody wants to know, and for an answer. */
const pause = 10_000;
const patience = 5000;

/**
 * Whether the database answers, as state: the connection tells when it is gone, and a look finds silence, now and then and when a reader
 * wants to know.
 */
export class DatabasePulse {
  private readonly question: StandingQuestion<void>;
  private readonly loop: WorkLoop;
  private readonly looks = new LookOnDemand(() => this.loop.wake());

  constructor(private readonly mongo: Pick<MongoConnection, 'ready' | 'ping'>) {
    this.question = new StandingQuestion(() => mongo.ping(), patience);
    this.loop = new WorkLoop({
      name: 'pulse of the database',
      takeOne: () => this.looks.run(() => this.question.ask()).then(() => false),
      pause,
      onFault: () => undefined,
    });
  }

  get up(): boolean {
    return this.mongo.ready && !this.question.failing;
  }

  /** @returns undefined where nothing newer is to be had */
  upToDate(): Promise<void> | undefined {
    return this.mongo.ready ? this.looks.upToDate() : undefined;
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }
}

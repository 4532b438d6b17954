import { StandingQuestion } from '#kernel';
import { WorkLoop } from '#leased-work';
import type { MongoConnection } from '#persistence';

/** Milliseconds between two questions, and for an answer. */
const pause = 2000;
const patience = 5000;

/** Whether the database answers, as state: the connection tells when it is gone, and a look now and then finds silence. */
export class DatabasePulse {
  private readonly question: StandingQuestion<void>;
  private readonly loop: WorkLoop;

  constructor(private readonly mongo: Pick<MongoConnection, 'ready' | 'ping'>) {
    this.question = new StandingQuestion(() => mongo.ping(), patience);
    this.loop = new WorkLoop({
      name: 'pulse of the database',
      takeOne: () => this.question.ask().then(() => false),
      pause,
      onFault: () => undefined,
    });
  }

  get up(): boolean {
    return this.mongo.ready && !this.question.failing;
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }
}

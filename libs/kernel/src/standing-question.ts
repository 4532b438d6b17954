import { wait } from './wait.js';

/**
 * A question that is asked again and again, one at a time, so that its readers look at the newest answer and
 * asks nobody. One that is not answered within `patience` milliseconds counts as failed, and is not asked a second time
 * while the first is open: what hangs is never asked more than once.
 */
export class StandingQuestion<Answer> {
  private open: Promise<void> | undefined;
  private newest: Answer | undefined;
  private failed = false;

  constructor(
    private readonly question: () => Promise<Answer>,
    private readonly patience: number,
  ) {}

  /** The newest answer there was; undefined before the first. */
  get answer(): Answer | undefined {
    return this.newest;
  }

  /** Whether it failed when it was asked last. */
  get failing(): boolean {
    return this.failed;
  }

  /** Asks, and resolves with the answer, the refusal, or the end of patience. Never rejects. */
  async ask(): Promise<void> {
    this.open ??= this.settle().finally(() => (this.open = undefined));
    const settled = new AbortController();
    const late = wait(this.patience, settled.signal).then(() => {
      if (!settled.signal.aborted) this.failed = true;
    });
    await Promise.race([this.open, late]);
    settled.abort();
  }

  private async settle(): Promise<void> {
    try {
      this.newest = await this.question();
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }
}

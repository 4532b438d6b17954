import { TransientError, wait } from '#kernel';

/** Milliseconds that a write waits for unique indexes: less than callers wait for an answer. */
const patience = 10_000;

/**
 * Whether the unique indexes that decide between two writes are there. On a new database, requests and messages come before its
 * indexes are made: what counts on one waits for it, or one record is stored twice.
 */
export class UniqueIndexes {
  private areMade = true;
  private making: Promise<void> = Promise.resolve();

  /** @param what they belong to, in messages */
  constructor(private readonly what: string) {}

  /** They are being made. @returns to be called when they are there */
  begin(): () => void {
    let made = (): void => undefined;
    this.areMade = false;
    this.making = new Promise((resolve) => (made = resolve));
    return () => {
      this.areMade = true;
      made();
    };
  }

  /** @throws TransientError `persistence.indexes-missing` when they are not there for 10 s */
  async whenThere(): Promise<void> {
    if (this.areMade) return;
    const waited = new AbortController();
    await Promise.race([this.making, wait(patience, waited.signal)]);
    waited.abort();
    if (!this.areMade)
      throw new TransientError(
        'persistence.indexes-missing',
        `Expected the unique indexes of ${this.what}, found them not made after ${patience} ms. Without them something could be stored twice: nothing was stored, try again.`,
        { away: true },
      );
  }
}

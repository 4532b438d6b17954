/** At most so many at once, in the order they came: the pool that all files of the Ingestor share. */
export class WorkerPool {
  private readonly waiting: (() => void)[] = [];
  private busy = 0;

  constructor(private readonly size: number) {}

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.busy === this.size) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.busy += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.busy -= 1;
      else next();
    }
  }
}

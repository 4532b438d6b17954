/** Places for work that is done at once. Whoever comes when all are taken waits for one, in turn, for a while. */
export class Places {
  private readonly waiting = new Set<() => void>();
  private taken = 0;

  /** @param patience milliseconds that anybody waits */
  constructor(
    private readonly most: number,
    private readonly patience: number,
  ) {}

  /** @returns false when there was none in time; else `release` has to follow */
  take(): Promise<boolean> {
    if (this.taken < this.most) {
      this.taken += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.waiting.delete(begin);
        resolve(false);
      }, this.patience);
      const begin = (): void => {
        clearTimeout(late);
        resolve(true);
      };
      this.waiting.add(begin);
    });
  }

  /** The place goes to whoever has waited longest. */
  release(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.taken -= 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}

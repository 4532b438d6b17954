/** What a process that was told to end still waits for, so that it can say so when its time is over. */
export class Ending {
  private readonly open = new Map<symbol, string>();

  /** The same promise, known by name until it settles. */
  async waitFor<Result>(what: string, work: Promise<Result>): Promise<Result> {
    const key = Symbol(what);
    this.open.set(key, what);
    try {
      return await work;
    } finally {
      this.open.delete(key);
    }
  }

  get waitingFor(): readonly string[] {
    return [...this.open.values()];
  }
}

/** Of this process. */
export const ending = new Ending();

/**
 * One task after the other. Definitions (collections, indexes) change in turns: several processes that create the
 * same ones when they start would otherwise lose against each other's catalogue rows.
 */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  take<Result>(task: () => Promise<Result>): Promise<Result> {
    const turn = this.last.then(task);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

/** Turns of their own for each name; a name is forgotten when its last task has ended. */
export class TurnsByName {
  private readonly waiting = new Map<string, { readonly turns: Turns; tasks: number }>();

  async take<Result>(name: string, task: () => Promise<Result>): Promise<Result> {
    const entry = this.waiting.get(name) ?? { turns: new Turns(), tasks: 0 };
    this.waiting.set(name, entry);
    entry.tasks++;
    try {
      return await entry.turns.take(task);
    } finally {
      entry.tasks--;
      if (entry.tasks === 0) this.waiting.delete(name);
    }
  }
}

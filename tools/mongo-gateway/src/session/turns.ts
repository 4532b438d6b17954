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

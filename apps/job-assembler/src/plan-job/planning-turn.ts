/**
 * One turn of planning a job: places in its list, several at once, in order. A place that fails holds up none of the others;
 * it is tried again in a later turn.
 */
export class PlanningTurn {
  /** The first failure of the turn. */
  fault: Error | undefined;
  private next = 0;
  private isOver = false;

  /** @param planned places that need no planning any more; those that this turn plans are added */
  constructor(
    private readonly length: number,
    planned: ReadonlySet<number>,
  ) {
    this.planned = new Set(planned);
  }

  private readonly planned: Set<number>;

  /** Places from the first one that are all planned. */
  get reached(): number {
    let reached = 0;
    while (reached < this.length && this.planned.has(reached)) reached += 1;
    return reached;
  }

  /**
   * @param plan plans one place; false ends the turn, without counting the place
   * @returns when every place that was begun is planned, or has failed
   */
  async run(lanes: number, plan: (place: number) => Promise<boolean>): Promise<void> {
    await Promise.all(Array.from({ length: lanes }, () => this.lane(plan)));
  }

  private async lane(plan: (place: number) => Promise<boolean>): Promise<void> {
    for (let place = this.take(); place !== undefined; place = this.take())
      try {
        if (await plan(place)) this.planned.add(place);
        else this.isOver = true;
      } catch (error) {
        this.fault ??= error instanceof Error ? error : new Error(String(error));
      }
  }

  private take(): number | undefined {
    while (this.planned.has(this.next)) this.next += 1;
    return this.isOver || this.next >= this.length ? undefined : this.next++;
  }
}

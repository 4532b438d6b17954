/** What shares slots: the work of one group for one target. */
export interface Lane {
  readonly group: string;
  readonly target: string;
}

/** A planned work order that may be released. */
export interface Candidate extends Lane {
  readonly id: string;
  readonly createdAt: Date;
}

/** How many work orders may be under way at once. */
export interface ReleaseLimits {
  readonly global: number;
  readonly perGroup: number;
  readonly perTarget: number;
}

/** Work under way, counted in all the ways that have a limit. */
export class Slots {
  private total = 0;
  private readonly groups = new Map<string, number>();
  private readonly targets = new Map<string, number>();
  private readonly lanes = new Map<string, number>();

  constructor(private readonly limits: ReleaseLimits) {}

  take(lane: Lane, count = 1): void {
    this.total += count;
    this.groups.set(lane.group, this.ofGroup(lane.group) + count);
    this.targets.set(lane.target, this.ofTarget(lane.target) + count);
    this.lanes.set(nameOf(lane), this.ofLane(lane) + count);
  }

  /** How many more of this lane may be released; never negative, also when a limit was lowered. */
  room(lane: Lane): number {
    const { global, perGroup } = this.limits;
    return Math.max(
      0,
      Math.min(global - this.total, perGroup - this.ofGroup(lane.group), this.roomAt(lane.target)),
    );
  }

  /** Which limit leaves a lane no room; undefined when it has some. */
  fullFor({ group, target }: Lane): 'global' | 'group' | 'target' | undefined {
    const { global, perGroup, perTarget } = this.limits;
    if (this.total >= global) return 'global';
    if (this.ofGroup(group) >= perGroup) return 'group';
    return this.ofTarget(target) >= perTarget ? 'target' : undefined;
  }

  roomAt(target: string): number {
    const { global, perTarget } = this.limits;
    return Math.min(global - this.total, perTarget - this.ofTarget(target));
  }

  ofGroup(group: string): number {
    return this.groups.get(group) ?? 0;
  }

  private ofTarget(target: string): number {
    return this.targets.get(target) ?? 0;
  }

  ofLane(lane: Lane): number {
    return this.lanes.get(nameOf(lane)) ?? 0;
  }
}

/**
 * Which of the candidates are released now, in this order, until no slot is free that one of them may have. A slot goes to
 * the group that holds fewest at the target it is for (what a group holds elsewhere never stands in its way), then to the
 * one that holds fewest in all, then to the oldest work. Work for a target that is full is passed over, not waited for.
 *
 * @param slots as they are; they are taken here
 * @param candidates of every lane with room the oldest, as many as it has room for
 */
export function fairReleases(slots: Slots, candidates: readonly Candidate[]): Candidate[] {
  const queues = queuesOf(candidates);
  const chosen: Candidate[] = [];
  for (;;) {
    const fronts = [...queues.values()].map((queue) => queue.at(-1)).filter((front) => front !== undefined);
    const open = fronts.filter((front) => slots.room(front) > 0);
    const [first, ...others] = open;
    if (first === undefined) return chosen;
    const next = others.reduce((best, front) => (compare(slots, front, best) < 0 ? front : best), first);
    queues.get(nameOf(next))?.pop();
    slots.take(next);
    chosen.push(next);
  }
}

/** Of every lane, its oldest candidate at the end. */
function queuesOf(candidates: readonly Candidate[]): Map<string, Candidate[]> {
  const queues = new Map<string, Candidate[]>();
  for (const candidate of [...candidates].sort((one, other) => age(other, one))) {
    const queue = queues.get(nameOf(candidate));
    if (queue === undefined) queues.set(nameOf(candidate), [candidate]);
    else queue.push(candidate);
  }
  return queues;
}

function compare(slots: Slots, one: Candidate, other: Candidate): number {
  return (
    slots.ofLane(one) - slots.ofLane(other) ||
    slots.ofGroup(one.group) - slots.ofGroup(other.group) ||
    age(one, other)
  );
}

function age(one: Candidate, other: Candidate): number {
  return one.createdAt.getTime() - other.createdAt.getTime() || (one.id < other.id ? -1 : 1);
}

function nameOf({ group, target }: Lane): string {
  return JSON.stringify([group, target]);
}

import type { Priority } from '#routes';
import { inTurn, Reservations } from './reservations.js';
import type { Lane, Slots } from './slots.js';

/** A planned work order that may be released. */
export interface Candidate extends Lane {
  readonly id: string;
  readonly createdAt: Date;
  readonly priority: Priority;
}

/** A decision: which work order is released, and at which targets it has its slots. */
export interface Release {
  readonly candidate: Candidate;
  readonly at: readonly string[];
}

/** Work of one lane and one group, the next one at the end. */
interface Queue {
  readonly lane: Lane;
  readonly waiting: Candidate[];
}

/**
 * Which of the candidates are released now, in this order, until no slot is free that one of them may have. A slot goes to
 * the most urgent work; then to the group that holds fewest at the target it is for (what a group holds elsewhere never stands
 * in its way); then to the one that holds fewest in all; then to the oldest work. Work for a target that is full or closed is
 * passed over, not waited for; only to work that needs several targets at once {@link Reservations} keep slots.
 *
 * It costs a look at each lane and group for each release, of which there are at most as many as there are free slots, and the
 * sorting of the candidates.
 *
 * @param slots as they are; they are taken here
 * @param candidates of every lane with room the oldest of each priority, as many as it has room for
 */
export function fairReleases(slots: Slots, candidates: readonly Candidate[]): Release[] {
  const queues = queuesOf(slots, candidates);
  const released: Release[] = [];
  for (;;) {
    const next = nextOf(slots, queues);
    if (next === undefined) return released;
    slots.take(next.candidate, next.at);
    released.push(next);
  }
}

function nextOf(slots: Slots, queues: Map<string, Queue>): Release | undefined {
  const ready: (Release & { readonly queue: Queue })[] = [];
  const claimants: Candidate[] = [];
  for (const [name, queue] of queues) {
    const candidate = queue.waiting.at(-1);
    const at = slots.placesFor(queue.lane);
    if (candidate !== undefined && at !== undefined) ready.push({ candidate, at, queue });
    else if (candidate !== undefined && slots.mayClaim(queue.lane)) claimants.push(candidate);
    // Slots are only taken here: what has no room now has none in this decision any more.
    else queues.delete(name);
  }
  const kept = new Reservations(slots, claimants);
  let best: (typeof ready)[number] | undefined;
  for (const { candidate, at: free, queue } of ready) {
    const at = kept.placesFor(candidate, free);
    if (at !== undefined && (best === undefined || compare(slots, { candidate, at }, best) < 0))
      best = { candidate, at, queue };
  }
  if (best === undefined) return undefined;
  best.queue.waiting.pop();
  return { candidate: best.candidate, at: best.at };
}

function queuesOf(slots: Slots, candidates: readonly Candidate[]): Map<string, Queue> {
  const queues = new Map<string, Queue>();
  for (const candidate of [...candidates].sort((one, other) => inTurn(slots, other, one))) {
    const name = JSON.stringify([candidate.group, candidate.target]);
    const queue = queues.get(name);
    if (queue === undefined) queues.set(name, { lane: candidate, waiting: [candidate] });
    else queue.waiting.push(candidate);
  }
  return queues;
}

function compare(slots: Slots, one: Release, other: Release): number {
  return (
    rank(slots, one.candidate) - rank(slots, other.candidate) ||
    slots.ofGroupAt(one.candidate, one.at) - slots.ofGroupAt(other.candidate, other.at) ||
    slots.ofGroup(one.candidate.group) - slots.ofGroup(other.candidate.group) ||
    age(one.candidate, other.candidate)
  );
}

function rank(slots: Slots, { priority, createdAt }: Candidate): number {
  return slots.rules.rank(priority, createdAt);
}

function age(one: Candidate, other: Candidate): number {
  return one.createdAt.getTime() - other.createdAt.getTime() || (one.id < other.id ? -1 : 1);
}

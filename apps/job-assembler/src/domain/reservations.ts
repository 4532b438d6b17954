import type { Candidate } from './fair-release.js';
import { placesOf, type Direction, type Place } from './lanes.js';
import type { Slots } from './slots.js';

/** Work that waits for slots at several targets at once. A slot at each that has one is kept for it, one of its group, and one of all. */
interface Claim {
  readonly candidate: Candidate;
  readonly places: readonly Place[];
}

/** Why work may not have a slot that is free. */
export interface HeldBack {
  readonly waiting: Candidate;
  readonly target?: string;
}

/** The more urgent first, then the older: whoever waits long enough comes before everyone who came later. */
export function inTurn(slots: Slots, one: Candidate, other: Candidate): number {
  const { rules } = slots;
  return (
    rules.rank(one.priority, one.createdAt) - rules.rank(other.priority, other.createdAt) ||
    one.createdAt.getTime() - other.createdAt.getTime() ||
    (one.id < other.id ? -1 : 1)
  );
}

/**
 * What is kept for work that needs several targets at once. Beside work for each of them alone it would else wait for ever for a
 * moment in which all have room.
 *
 * - It is kept from work that is less urgent; from work that is as urgent and younger once the one that waits is aged.
 * - Nothing is kept for work that could not begin if the slots it lacks were given back: what is closed, or full of work that
 *   itself waits for something away, or of a group that has all its slots.
 * - A group that has work of the lane under way is not starved in it: nothing is kept for more of that.
 * - Of several that need the same target one has its turn, so that they do not hold up one another.
 */
export class Reservations {
  private readonly claims: Claim[] = [];

  /** @param claimants of each lane and group that may claim ({@link Slots.mayClaim}) the next one */
  constructor(
    private readonly slots: Slots,
    claimants: readonly Candidate[],
  ) {
    const taken = new Set<string>();
    for (const candidate of [...claimants].sort((one, other) => inTurn(slots, one, other))) {
      const needs = slots.rules.needsOf(candidate.target);
      if (needs === undefined) continue;
      const places = placesOf(needs);
      const names = places.map(({ target, direction }) => `${direction}:${target}`);
      if (names.some((name) => taken.has(name))) continue;
      for (const name of names) taken.add(name);
      this.claims.push({ candidate, places });
    }
  }

  get isEmpty(): boolean {
    return this.claims.length === 0;
  }

  /**
   * Where work may have its slots beside what is kept; undefined when it may not begin.
   *
   * @param at where it would have them if nothing were kept
   */
  placesFor(candidate: Candidate, at: readonly string[]): readonly string[] | undefined {
    const needs = this.slots.rules.needsOf(candidate.target);
    if (this.claims.length === 0 || needs === undefined) return at;
    const before = this.before(candidate);
    if (before.length === 0) return at;
    const ofGroup = before.filter((claim) => claim.candidate.group === candidate.group).length;
    const { slots } = this;
    // Storage that others operate takes none of the slots for all, or for the group.
    if (!slots.isApart(needs)) {
      if (slots.rules.global - slots.ofAll() <= before.length) return undefined;
      if (slots.rules.perGroup - slots.ofGroup(candidate.group) <= ofGroup) return undefined;
    }
    const isKept = (target: string, direction: Direction): boolean =>
      this.isLast({ target, direction }) &&
      before.some(({ places }) => places.some((one) => one.target === target && one.direction === direction));
    if (needs.needs === 'all')
      return placesOf(needs).some(({ target, direction }) => isKept(target, direction)) ? undefined : at;
    const { direction, targets } = needs;
    const other = targets.find((target) => slots.isFree(target, direction) && !isKept(target, direction));
    return other === undefined ? undefined : [other];
  }

  /** What keeps work from a slot that is free: work that comes first, and where; no target where it is one of the slots for all. */
  heldBackBy(candidate: Candidate, at: readonly string[]): HeldBack | undefined {
    const needs = this.slots.rules.needsOf(candidate.target);
    if (needs === undefined || this.placesFor(candidate, at) !== undefined) return undefined;
    const before = this.before(candidate);
    const wanted = placesOf(needs);
    const common = ({ places }: Claim): Place | undefined =>
      places.find(
        (one) =>
          this.isLast(one) &&
          wanted.some(({ target, direction }) => target === one.target && direction === one.direction),
      );
    const claim = before.find((one) => common(one) !== undefined) ?? before[0];
    if (claim === undefined) return undefined;
    const target = common(claim)?.target;
    return { waiting: claim.candidate, ...(target === undefined ? {} : { target }) };
  }

  private isLast({ target, direction }: Place): boolean {
    return this.slots.rules.at(target, direction) - this.slots.at(target, direction) <= 1;
  }

  private before(candidate: Candidate): readonly Claim[] {
    return this.claims.filter((claim) => this.goesBefore(claim.candidate, candidate));
  }

  private goesBefore(waiting: Candidate, other: Candidate): boolean {
    const { rules } = this.slots;
    const urgency =
      rules.rank(waiting.priority, waiting.createdAt) - rules.rank(other.priority, other.createdAt);
    if (urgency !== 0) return urgency < 0;
    return rules.isAged(waiting.createdAt) && inTurn(this.slots, waiting, other) < 0;
  }
}

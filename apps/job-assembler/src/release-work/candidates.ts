import type { WorkOrders } from '../aggregates/work-orders.js';
import type { Candidate } from '../domain/fair-release.js';
import { inTurn } from '../domain/reservations.js';
import type { Lane, Slots } from '../domain/slots.js';

/** Lanes, and groups in them, asked for at once. */
const concurrency = 4;

/** A lane and a group with work that may begin, or that slots may be kept for. */
interface Place extends Lane {
  readonly name: string;
  readonly room: number;
  /** Among the groups of its lane. */
  readonly index: number;
}

/**
 * Finds the work that a decision is about: of every lane and group with room the oldest. Were it the oldest of all, a busy target
 * would hide an idle one. One look is bounded; where more groups have room than that, those that were looked at longest ago have
 * their turn, so that none is left out, some of each lane, so that no target idles.
 */
export class Candidates {
  /** In the order in which they were looked at. */
  private readonly lookedAt = new Map<string, number>();
  private looks = 0;

  /** @param maxPlaces lanes and groups in one look */
  constructor(
    private readonly orders: WorkOrders,
    private readonly maxPlaces = 256,
  ) {}

  /** @returns also whether that was all */
  async find(slots: Slots): Promise<{ readonly found: Candidate[]; readonly isAll: boolean }> {
    const all = await this.places(slots);
    const places = this.inTurn(slots, all);
    this.looks += 1;
    for (const { name } of places) this.lookedAt.set(name, this.looks);
    const found = await inParallel(places, (place) => this.oldestIn(place));
    return { found: found.flat(), isAll: places.length === all.length };
  }

  /** The work that slots may be kept for, the next one of each lane and group: as much as one decision looks at. */
  async claimants(slots: Slots): Promise<Candidate[]> {
    const lanes = (await this.orders.lanesWaiting()).filter((target) => slots.mayBeKeptFor(target));
    const found = await inParallel(lanes, async (target) => {
      const groups = await this.orders.groupsWaitingFor(target);
      return groups.map((group) => ({ group, target })).filter((lane) => slots.mayClaim(lane));
    });
    const places = found.flat().slice(0, this.maxPlaces / 2);
    return (await inParallel(places, (lane) => this.nextIn(slots, lane))).flat();
  }

  private async nextIn(slots: Slots, lane: Lane): Promise<Candidate[]> {
    const oldest = await this.orders.oldestPlanned(lane, 1);
    return oldest.sort((one, other) => inTurn(slots, one, other)).slice(0, 1);
  }

  private async places(slots: Slots): Promise<Place[]> {
    const lanes = (await this.orders.lanesWaiting()).filter((target) => slots.isLookedAt(target));
    const found = await inParallel(lanes, async (target) => {
      const groups = await this.orders.groupsWaitingFor(target);
      return groups.map((group, index) => placeOf(slots, { group, target }, index));
    });
    const all = found.flat();
    this.forgetOthers(all);
    return all.filter(({ room }) => room > 0);
  }

  /** Half of a look at most is for what slots are kept for: as long as those are no more, they are kept in every round. */
  private inTurn(slots: Slots, places: readonly Place[]): readonly Place[] {
    if (places.length <= this.maxPlaces) return places;
    const sinceOf = ({ name }: Place): number => this.lookedAt.get(name) ?? 0;
    const longestAgo = [...places].sort(
      (one, other) => sinceOf(one) - sinceOf(other) || one.index - other.index,
    );
    const claimants = longestAgo.filter((place) => slots.mayClaim(place)).slice(0, this.maxPlaces / 2);
    const others = longestAgo.filter((place) => !slots.mayClaim(place));
    return [...claimants, ...others.slice(0, this.maxPlaces - claimants.length)];
  }

  private async oldestIn({ group, target, room }: Place): Promise<Candidate[]> {
    return this.orders.oldestPlanned({ group, target }, room);
  }

  /** Lanes that nothing waits in any more, or that are closed: they are new when they are back. */
  private forgetOthers(places: readonly Place[]): void {
    if (this.lookedAt.size <= 2 * places.length + this.maxPlaces) return;
    const names = new Set(places.map(({ name }) => name));
    for (const name of this.lookedAt.keys()) if (!names.has(name)) this.lookedAt.delete(name);
  }
}

function placeOf(slots: Slots, lane: Lane, index: number): Place {
  const room = slots.mayClaim(lane) ? 1 : slots.room(lane);
  return { ...lane, name: JSON.stringify([lane.target, lane.group]), room, index };
}

/** A few at a time, their answers in the order of the items. */
async function inParallel<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const rest = items.entries();
  const one = async (): Promise<void> => {
    for (const [place, item] of rest) answers[place] = await ask(item);
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  return answers;
}

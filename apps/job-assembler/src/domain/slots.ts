import { placesOf, type Direction, type LaneNeeds, type Place } from './lanes.js';
import type { Hindrance, ReleaseRules } from './release-rules.js';

/** What shares slots: the work of one group in one lane. */
export interface Lane {
  readonly group: string;
  /** The name of the lane, as {@link LaneNeeds} are read from it. */
  readonly target: string;
}

/** Which limit leaves no room. */
export type FullLimit =
  | { readonly limit: 'global' }
  | { readonly limit: 'group' }
  | { readonly limit: 'target'; readonly target: string; readonly direction: Direction };

/** Work under way, counted in all the ways that have a limit. */
export class Slots {
  private total = 0;
  private readonly groups = new Map<string, number>();
  private readonly places = new Map<string, number>();
  private readonly groupsAt = new Map<string, number>();
  /** Of what waits for nothing: a slot of it is given back before long. */
  private readonly moving = new Map<string, number>();
  private readonly lanes = new Map<string, number>();

  constructor(readonly rules: ReleaseRules) {}

  /**
   * @param at the targets it has slots at; work of a lane that is not understood counts for its group, and in all
   * @param waits it is released, and waits at the archiver for something that is away: it counts at its targets only, or
   * work for one that is away would keep everybody's from others
   */
  take({ group, target }: Lane, at: readonly string[] = [], count = 1, waits = false): void {
    const needs = this.rules.needsOf(target);
    if (!waits && !this.isApart(needs)) {
      this.total += count;
      add(this.groups, group, count);
      add(this.lanes, laneOf({ group, target }), count);
    }
    if (needs === undefined) return;
    for (const place of placesOf({ ...needs, targets: at })) {
      add(this.places, placeOf(place), count);
      add(this.groupsAt, groupAt(group, place), count);
      if (!waits) add(this.moving, placeOf(place), count);
    }
  }

  /** Which targets work of the lane has slots at, as it was released: all of them, or the one that was chosen. */
  targetsOf({ target }: Pick<Lane, 'target'>, readAt: string | undefined): readonly string[] {
    const needs = this.rules.needsOf(target);
    if (needs === undefined) return [];
    return needs.needs === 'all' ? needs.targets : [readAt ?? needs.targets[0]!];
  }

  /** Where work of the lane would have its slots, were it released now; undefined when it cannot be. */
  placesFor({ group, target }: Lane): readonly string[] | undefined {
    const needs = this.rules.needsOf(target);
    if (needs === undefined || this.shared(needs, group) <= 0) return undefined;
    if (this.rules.hindersWork(group, needs.route)) return undefined;
    if (needs.needs === 'all') return this.haveRoom(needs) ? needs.targets : undefined;
    const free = needs.targets.find((one) => this.isFree(one, needs.direction));
    return free === undefined ? undefined : [free];
  }

  /**
   * Whether slots may be kept for work of the lane: it needs several targets, its group has nothing of it under way, and all
   * that it lacks is slots that work under way will give back.
   */
  mayClaim(lane: Lane): boolean {
    const { group, target } = lane;
    const needs = this.rules.needsOf(target);
    if (needs === undefined || !this.isAwaited(needs) || this.total >= this.rules.global) return false;
    if (this.ofGroup(group) >= this.rules.perGroup || this.rules.hindersWork(group, needs.route))
      return false;
    return !this.lanes.get(laneOf(lane)) && this.placesFor(lane) === undefined;
  }

  /** Whether several targets are needed at once, none is closed, and each that is full will have room again. */
  private isAwaited(needs: LaneNeeds): boolean {
    const places = placesOf(needs);
    if (needs.needs !== 'all' || places.length < 2) return false;
    return places.every(
      (place) =>
        this.isFree(place.target, place.direction) ||
        (this.rules.hindersAt(place.target) === undefined &&
          this.rules.at(place.target, place.direction) > 0 &&
          (this.moving.get(placeOf(place)) ?? 0) > 0),
    );
  }

  /** How many of a lane may be released at most; 0 when it is closed. */
  room(lane: Lane): number {
    const needs = this.rules.needsOf(lane.target);
    if (needs === undefined || this.placesFor(lane) === undefined) return 0;
    const at = placesOf(needs)
      .filter(({ target, direction }) => this.isFree(target, direction))
      .map(({ target, direction }) => this.rules.at(target, direction) - this.at(target, direction));
    const there = needs.needs === 'all' ? Math.min(...at) : at.reduce((sum, one) => sum + one, 0);
    return Math.min(this.shared(needs, lane.group), there);
  }

  /** Whether work of the lane has to be looked at: some may be released, or slots be kept for it. */
  isLookedAt(lane: string): boolean {
    const needs = this.rules.needsOf(lane);
    if (needs === undefined) return false;
    return this.isOpen(lane) || this.mayBeKeptFor(lane);
  }

  /** Whether slots may be kept for work of the lane, of some group. */
  mayBeKeptFor(lane: string): boolean {
    const needs = this.rules.needsOf(lane);
    return needs !== undefined && this.total < this.rules.global && this.isAwaited(needs);
  }

  /** Whether any group may have something of the lane. */
  isOpen(lane: string): boolean {
    const needs = this.rules.needsOf(lane);
    if (needs === undefined || (!this.isApart(needs) && this.total >= this.rules.global)) return false;
    if (needs.needs === 'all') return this.haveRoom(needs);
    return needs.targets.some((target) => this.isFree(target, needs.direction));
  }

  /** What keeps a lane closed, whatever room there is: of work that can go anywhere, that of the target which opens first. */
  hindranceOf({ group, target }: Lane): Hindrance | undefined {
    const needs = this.rules.needsOf(target);
    if (needs === undefined) return { code: 'target.unknown', facts: { lane: target } };
    const ofWork = this.rules.hindersWork(group, needs.route);
    if (ofWork !== undefined) return ofWork;
    const closed = placesOf(needs).map((one) => this.rules.hindersAt(one.target));
    const hindrances = closed.filter((one) => one !== undefined);
    if (needs.needs === 'any' && hindrances.length < closed.length) return undefined;
    const inTurn = hindrances.sort((one, other) => endOf(one) - endOf(other));
    return needs.needs === 'any' ? inTurn[0] : inTurn.at(-1);
  }

  /** Which limit leaves a lane no room; undefined when it has some. */
  fullFor({ group, target }: Lane): FullLimit | undefined {
    const needs = this.rules.needsOf(target);
    if (this.isApart(needs)) return this.fullTarget(needs!);
    if (this.total >= this.rules.global) return { limit: 'global' };
    if (this.ofGroup(group) >= this.rules.perGroup) return { limit: 'group' };
    return needs === undefined ? undefined : this.fullTarget(needs);
  }

  /** As people look at it; targets by direction and name. */
  used(): Record<'targets' | 'groups', Record<string, number>> & { readonly global: number } {
    return {
      global: this.total,
      targets: Object.fromEntries(this.places),
      groups: Object.fromEntries(this.groups),
    };
  }

  ofAll(): number {
    return this.total;
  }

  ofGroup(group: string): number {
    return this.groups.get(group) ?? 0;
  }

  at(target: string, direction: Direction): number {
    return this.places.get(placeOf({ target, direction })) ?? 0;
  }

  /** What the group holds at the target of these where it holds most. */
  ofGroupAt({ group, target }: Lane, at: readonly string[]): number {
    const direction = this.rules.needsOf(target)?.direction;
    if (direction === undefined) return 0;
    const places = at.map((place): Place => ({ target: place, direction }));
    return Math.max(0, ...places.map((place) => this.groupsAt.get(groupAt(group, place)) ?? 0));
  }

  isApart(needs: LaneNeeds | undefined): boolean {
    return needs !== undefined && this.rules.isApart(needs);
  }

  /** What the limits for all, and for the group, leave to the work. */
  private shared(needs: LaneNeeds, group: string): number {
    if (this.isApart(needs)) return Number.MAX_SAFE_INTEGER;
    return Math.min(this.rules.global - this.total, this.rules.perGroup - this.ofGroup(group));
  }

  private fullTarget(needs: LaneNeeds): FullLimit | undefined {
    const open = placesOf(needs).filter(({ target }) => this.rules.hindersAt(target) === undefined);
    const full = open.filter(({ target, direction }) => !this.isFree(target, direction));
    if (full.length === 0 || (needs.needs === 'any' && full.length < open.length)) return undefined;
    return { limit: 'target', ...full[0]! };
  }

  private haveRoom(needs: LaneNeeds): boolean {
    return placesOf(needs).every(({ target, direction }) => this.isFree(target, direction));
  }

  isFree(target: string, direction: Direction): boolean {
    return (
      this.rules.hindersAt(target) === undefined &&
      this.at(target, direction) < this.rules.at(target, direction)
    );
  }
}

/** What has no known end lasts longest. */
function endOf({ next }: Hindrance): number {
  return next?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function placeOf({ target, direction }: Place): string {
  return `${direction}:${target}`;
}

function laneOf({ group, target }: Lane): string {
  return JSON.stringify([group, target]);
}

function groupAt(group: string, { target, direction }: Place): string {
  return JSON.stringify([group, target, direction]);
}

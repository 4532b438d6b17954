import { onlyTarget, type Routes, type Target } from '#routes';
import type { WaitCode } from '#contracts';
import { laneNeeds, placesOf, type Direction, type LaneNeeds } from './lanes.js';
import { windowOpen } from './maintenance-windows.js';
import type { LimitName, LimitOverride, Pause, SteeringState } from './steering.js';

/** What keeps work from beginning, whatever room there is. */
export interface Hindrance {
  readonly code: WaitCode;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly since?: Date;
  /** When it ends by itself, if that is known. */
  readonly next?: Date;
}

/** What is configured, and how long work waits before it counts as more urgent. */
export interface ReleaseSettings {
  readonly routes: Routes;
  readonly limits: { readonly global: number; readonly perGroup: number; readonly perTarget: number };
  /** Milliseconds after which waiting work counts as one level more urgent. */
  readonly priorityAging: number;
}

/** What holds for the release of work at one moment: limits, and what is closed. */
export class ReleaseRules {
  /** Of the words of operators that these are made of: with another one they hold no more. */
  readonly version: number;
  private readonly pauses: ReadonlyMap<string, Pause>;
  private readonly overrides: ReadonlyMap<string, LimitOverride>;
  private readonly closed = new Map<string, Hindrance | undefined>();
  private readonly lanes = new Map<string, LaneNeeds | undefined>();

  /** @param steering as it holds now */
  constructor(
    private readonly settings: ReleaseSettings,
    steering: SteeringState,
    readonly now: Date,
  ) {
    this.version = steering.version;
    this.pauses = new Map(steering.pauses.map((pause) => [pause.scope, pause]));
    this.overrides = new Map(steering.overrides.map((override) => [override.limit, override]));
  }

  get global(): number {
    return this.limit('global') ?? 0;
  }

  get perGroup(): number {
    return this.limit('perGroup') ?? 0;
  }

  /** 0 for a target that nothing is known of. */
  at(target: string, direction: Direction): number {
    return this.limit(`${direction}:${target}`) ?? 0;
  }

  /** Whether work needs only storage that others operate: it counts there, and in nothing that is for our own. */
  isApart(needs: LaneNeeds): boolean {
    return placesOf(needs).every(({ target }) => this.settings.routes.isOutside(target));
  }

  /** Who says what a limit is: the operator who set it, or the variable. */
  saidBy(name: LimitName, variable: string): string {
    const override = this.overrides.get(name);
    return override === undefined ? variable : `set by ${override.by}: ${override.reason}`;
  }

  /** As configured, whatever people set; undefined for a target that nothing is known of. */
  configured(name: LimitName): number | undefined {
    if (name === 'global' || name === 'perGroup') return this.settings.limits[name];
    const [, direction, target = ''] = /^(write|read):([a-z0-9-]+)$/.exec(name) ?? [];
    return direction === undefined ? undefined : this.limitsOf(target)?.[direction as Direction];
  }

  /** @returns undefined for a lane that a newer version made: nothing of it is released by this one */
  needsOf(lane: string): LaneNeeds | undefined {
    if (!this.lanes.has(lane)) this.lanes.set(lane, needsOrNone(lane));
    return this.lanes.get(lane);
  }

  /** What keeps jobs of a group from being planned: of their routes nothing is known yet. */
  hindersPlanning(group: string): Hindrance | undefined {
    return this.pausedBy('all') ?? this.pausedBy(`group:${group}`);
  }

  /** Groups whose planning a pause holds back, or all. */
  heldBack(): 'all' | string[] {
    if (this.pauses.has('all')) return 'all';
    const scopes = [...this.pauses.keys()].filter((scope) => scope.startsWith('group:'));
    return scopes.map((scope) => scope.slice('group:'.length));
  }

  /** What keeps all of a route's, or all of a group's, work from beginning. */
  hindersWork(group: string, route: string): Hindrance | undefined {
    return this.hindersPlanning(group) ?? this.pausedBy(`route:${route}`);
  }

  /** What keeps work from beginning at a target. */
  hindersAt(target: string): Hindrance | undefined {
    if (!this.closed.has(target)) this.closed.set(target, this.closedBy(target));
    return this.closed.get(target);
  }

  /** Levels of urgency, 0 first: what waits rises one level each time that {@link ReleaseSettings.priorityAging} has passed. */
  rank(priority: number, createdAt: Date): number {
    const waited = Math.max(0, this.now.getTime() - createdAt.getTime());
    return Math.max(0, priority - Math.floor(waited / this.settings.priorityAging));
  }

  /** Whether work has waited so long that slots are kept for it. */
  isAged(createdAt: Date): boolean {
    return this.now.getTime() - createdAt.getTime() >= this.settings.priorityAging;
  }

  private closedBy(name: string): Hindrance | undefined {
    const target = this.targetOf(name);
    if (target === undefined) return { code: 'target.unknown', facts: { target: name } };
    const paused = this.pausedBy(`target:${name}`);
    if (paused !== undefined) return paused;
    const opening = windowOpen(target, this.now);
    if (opening.isOpen) return undefined;
    const { reason, opensAt } = opening;
    const next = opensAt === undefined ? {} : { next: opensAt };
    return { code: 'window.closed', facts: { target: name, reason }, ...next };
  }

  private pausedBy(scope: string): Hindrance | undefined {
    const pause = this.pauses.get(scope);
    if (pause === undefined) return undefined;
    const { by, reason, since, until } = pause;
    return {
      code: 'paused',
      facts: { scope, by, reason },
      since,
      ...(until === undefined ? {} : { next: until }),
    };
  }

  /** As it holds now; undefined for a target that nothing is known of. */
  limit(name: LimitName): number | undefined {
    return this.overrides.get(name)?.value ?? this.configured(name);
  }

  private limitsOf(target: string): Target['limits'] | undefined {
    return this.targetOf(target)?.limits;
  }

  /** Work from before ROUTES_FILE was there goes on as it would have: it is for whatever storages the archiver has. */
  private targetOf(name: string): Pick<Target, 'limits' | 'windows'> | undefined {
    const { routes } = this.settings;
    const known = routes.areNamed || name !== onlyTarget ? routes.target(name) : undefined;
    if (known !== undefined || name !== onlyTarget) return known;
    const { perTarget } = this.settings.limits;
    return { limits: { write: perTarget, read: perTarget }, windows: [] };
  }
}

function needsOrNone(lane: string): LaneNeeds | undefined {
  try {
    return laneNeeds(lane);
  } catch {
    return undefined;
  }
}

import { onlyRoute, onlyTarget, type ChosenRoute } from '#routes';

/** Writing to storage, or reading from it: each target has a limit for both. */
export type Direction = 'write' | 'read';

/** What work needs before it may begin. Its name is stored with each work order, and an index finds work by it. */
export interface LaneNeeds {
  readonly direction: Direction;
  readonly route: string;
  /** In order of preference. */
  readonly targets: readonly string[];
  /** A slot at each of the targets (copies go to all, a verification reads all), or at one of them (any copy can be read). */
  readonly needs: 'all' | 'any';
  /** Of a move: beside that, a slot for reading here. */
  readonly from?: string;
}

/** Where slots are taken. */
export interface Place {
  readonly target: string;
  readonly direction: Direction;
}

const former: Readonly<Record<string, Direction>> = { 'lts-write': 'write', 'lts-read': 'read' };
const formOfName = /^(write|read|mend):([a-z0-9-]+)@([a-z0-9+|-]+)$/;
const formOfMove = /^move:([a-z0-9-]+)@([a-z0-9-]+)>([a-z0-9-]+)$/;

/** The lane of work on copies of a route. Without ROUTES_FILE the names are those of before 0.6. */
export function laneName(
  direction: Direction,
  { route, targets }: Pick<ChosenRoute, 'route' | 'targets'>,
  needs: LaneNeeds['needs'] = direction === 'write' ? 'all' : 'any',
): string {
  if (targets.length === 0) return `lts-${direction}`;
  return `${direction}:${route}@${targets.join(needs === 'all' ? '+' : '|')}`;
}

/** @throws Error for a name that was not made here */
export function laneNeeds(name: string): LaneNeeds {
  const before = former[name];
  if (before !== undefined)
    return { direction: before, route: onlyRoute, targets: [onlyTarget], needs: 'all' };
  const [, along, from, to] = formOfMove.exec(name) ?? [];
  if (along !== undefined && from !== undefined && to !== undefined)
    return { direction: 'write', route: along, targets: [to], needs: 'all', from };
  const [, word, route, targets] = formOfName.exec(name) ?? [];
  if (word === undefined || route === undefined || targets === undefined)
    throw new Error(`Expected the name of a lane, found ${JSON.stringify(name)}.`);
  return {
    direction: word === 'read' ? 'read' : 'write',
    route,
    targets: targets.split(/[+|]/),
    needs: word !== 'read' || targets.includes('+') ? 'all' : 'any',
  };
}

/** All places where work of a lane takes slots, or, of what is read anywhere, one of which it takes one at. */
export function placesOf({ targets, direction, from }: LaneNeeds): readonly Place[] {
  const places = targets.map((target): Place => ({ target, direction }));
  return from === undefined ? places : [...places, { target: from, direction: 'read' }];
}

/**
 * The lane of a repair: it may write wherever work of a reading lane reads, so all of its targets have to have room. It has a
 * word of its own, as that of a move has: a version that does not know the work leaves it to those that do (0.6 would archive).
 */
export function mendingLane(reading: string): string {
  const { route, targets } = laneNeeds(reading);
  return `mend:${route}@${targets.join('+')}`;
}

/** The lane of a move: it writes at one target, and reads at the other. */
export function movingLane(reading: string, from: string, to: string): string {
  return `move:${laneNeeds(reading).route}@${from}>${to}`;
}

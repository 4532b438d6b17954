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
}

const former: Readonly<Record<string, Direction>> = { 'lts-write': 'write', 'lts-read': 'read' };
const formOfName = /^(write|read):([a-z0-9-]+)@([a-z0-9+|-]+)$/;

/** The lane of work on copies of a route. Without ROUTES_FILE the names are those of before 0.6. */
export function laneName(
  direction: Direction,
  { route, targets }: Pick<ChosenRoute, 'route' | 'targets'>,
  needs: LaneNeeds['needs'] = direction === 'write' ? 'all' : 'any',
): string {
  if (targets.length === 0) return `lts-${direction}`;
  return `${direction}:${route}@${targets.join(needs === 'all' ? '+' : '|')}`;
}

/** @throws Error for a name that {@link laneName} did not make */
export function laneNeeds(name: string): LaneNeeds {
  const before = former[name];
  if (before !== undefined)
    return { direction: before, route: onlyRoute, targets: [onlyTarget], needs: 'all' };
  const [, direction, route, targets] = formOfName.exec(name) ?? [];
  if (direction === undefined || route === undefined || targets === undefined)
    throw new Error(`Expected the name of a lane, found ${JSON.stringify(name)}.`);
  return {
    direction: direction as Direction,
    route,
    targets: targets.split(/[+|]/),
    needs: direction === 'write' || targets.includes('+') ? 'all' : 'any',
  };
}

/** The lane of work that may write wherever work of a reading lane reads: all of its targets have to have room. */
export function writingLane(reading: string): string {
  if (former[reading] !== undefined) return 'lts-write';
  return laneName('write', laneNeeds(reading));
}

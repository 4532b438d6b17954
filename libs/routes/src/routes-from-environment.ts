import { integer, type Environment } from '#kernel';
import { onlyRoute, onlyTarget, Routes } from './routes.js';
import { routesFileFrom } from './routes-file.js';
import type { Target } from './targets.js';

/** The targets and routes of ROUTES_FILE; without it one route, made from LTS_COPIES and LIMIT_PER_TARGET. */
export function routesFrom(environment: Environment): Routes {
  const perTarget = integer(environment, 'LIMIT_PER_TARGET', 48);
  const copies = integer(environment, 'LTS_COPIES', 1);
  const only: Target = {
    ...{ name: onlyTarget, kind: 'share', limits: { write: perTarget, read: perTarget } },
    ...{ windows: [], mountCost: 0 },
  };
  const file = routesFileFrom(environment);
  // Work that was planned before there was a file names the one target of then.
  if (file !== undefined) {
    const { targets, routes } = file.routes;
    const isNamed = targets.some(({ name }) => name === onlyTarget);
    return isNamed ? file.routes : new Routes([...targets, only], routes, true);
  }
  const route = { name: onlyRoute, when: {}, targets: [onlyTarget], copies, priority: 1, mail: [] } as const;
  return new Routes([only], [route], false);
}

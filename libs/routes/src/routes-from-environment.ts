import { integer, type Environment } from '#kernel';
import { onlyRoute, onlyTarget, Routes } from './routes.js';
import { routesFileFrom } from './routes-file.js';
import type { Target } from './targets.js';

/** The targets and routes of ROUTES_FILE; without it one route, made from LTS_COPIES and LIMIT_PER_TARGET. */
export function routesFrom(environment: Environment): Routes {
  const perTarget = integer(environment, 'LIMIT_PER_TARGET', 48);
  const copies = integer(environment, 'LTS_COPIES', 1);
  const file = routesFileFrom(environment, { limit: perTarget });
  if (file !== undefined) return file.routes;
  const limits = { write: perTarget, read: perTarget };
  const only: Target = { name: onlyTarget, kind: 'share', limits, windows: [], mountCost: 0 };
  const route = { name: onlyRoute, when: {}, targets: [onlyTarget], copies, priority: 1, mail: [] } as const;
  return new Routes([only], [route], false);
}

export { onlyRoute, onlyTarget, Routes } from './routes.js';
export { routesFrom } from './routes-from-environment.js';
export { targetKinds } from './targets.js';
export type {
  ChosenRoute,
  MaintenanceWindow,
  Priority,
  Route,
  RouteCondition,
  RouteQuestion,
  Target,
  TargetKind,
} from './targets.js';

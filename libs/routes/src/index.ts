export { onlyRoute, onlyTarget, Routes } from './routes.js';
export { parseRoutesFile, routesFileFrom, type RoutesFile } from './routes-file.js';
export { routesFrom } from './routes-from-environment.js';
export { routableFields, targetKinds } from './targets.js';
export type { OptionsCheck, ReadingOptions, ScrubInFile, TargetPlace } from './targets-in-file.js';
export type {
  ChosenRoute,
  MaintenanceWindow,
  Priority,
  ReadingRoute,
  Route,
  RouteCondition,
  RouteQuestion,
  Target,
  TargetKind,
} from './targets.js';

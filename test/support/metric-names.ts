import type { AppName } from '../../tools/start/src/index.js';

/** Names that dashboards, alerts and people rely on: whoever changes one says so in the upgrade notes. */
const everyApp = ['catena_build_info'];

export function namesOfApp(app: AppName): readonly string[] {
  return [...everyApp, app];
}

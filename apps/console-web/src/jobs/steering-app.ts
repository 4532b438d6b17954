import { isOfKind } from '#console-api';

/** The app that plans the work of jobs, by the name that this installation gave it; undefined where none is among its apps. */
export function steeringAppOf(apps: readonly string[]): string | undefined {
  return apps.find((app) => isOfKind(app, 'job-assembler'));
}

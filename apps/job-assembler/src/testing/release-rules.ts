import { Routes, type MaintenanceWindow, type Target } from '#routes';
import { ReleaseRules, type ReleaseSettings } from '../domain/release-rules.js';
import { unsteered, type SteeringState } from '../domain/steering.js';

const limitOfTarget = 8;

export function targetOf(name: string, changes: Partial<Target> = {}): Target {
  const limits = { write: limitOfTarget, read: limitOfTarget };
  return { name, kind: 'share', limits, windows: [], mountCost: 0, ...changes };
}

export function routesOf(...targets: readonly Target[]): Routes {
  const names = targets.map(({ name }) => name);
  return new Routes(
    targets,
    [{ name: 'r', when: {}, targets: names, copies: 1, priority: 1, mail: [] }],
    true,
  );
}

/** Nothing new begins, from the beginning of time to its end. */
export const always: MaintenanceWindow = {
  ...{ kind: 'once', from: new Date(-8.64e15), to: new Date(8.64e15), reason: 'moving house' },
};

/** What a spec does not say has no meaning for it. */
export function rulesOf({
  now = new Date('2026-01-01T00:00:00Z'),
  steering = {},
  ...settings
}: Partial<ReleaseSettings> & {
  readonly now?: Date;
  readonly steering?: Partial<SteeringState>;
} = {}): ReleaseRules {
  const limits = { global: 64, perGroup: 32, perTarget: 48 };
  const all = { routes: new Routes([], [], false), limits, priorityAging: 86_400_000, ...settings };
  return new ReleaseRules(all, { ...unsteered, ...steering }, now);
}

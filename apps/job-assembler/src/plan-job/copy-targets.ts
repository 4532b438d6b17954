import { PermanentError } from '#kernel';
import type { Routes } from '#routes';
import type { PlannableJob } from '../aggregates/jobs.js';
import type { WorkOrder } from '../aggregates/records.js';
import { mendingLane, movingLane } from '../domain/lanes.js';

type Wanted = Pick<PlannableJob, 'workflow' | 'moveFrom' | 'moveTo' | 'repairAt'>;

/**
 * Whether copies may be moved between the targets that a job names, or mended there.
 *
 * @throws PermanentError `routes.targets-unnamed`, `routes.target-unknown`, `routes.target-outside`, `routes.same-target`
 */
export function assertMayCopy(routes: Routes, { workflow, moveFrom, moveTo, repairAt }: Wanted): void {
  const named = [moveFrom, moveTo, repairAt].filter((name) => name !== undefined);
  if (!routes.areNamed && (workflow === 'migrate' || named.length > 0))
    throw new PermanentError(
      'routes.targets-unnamed',
      'Expected targets with names to move copies between, or to mend them at, found no ROUTES_FILE: set it for job-assembler and the archivers first (docs/routes.md, "From LTS_ROOTS to ROUTES_FILE").',
    );
  for (const name of named) assertIsCopied(routes, name);
  if (workflow !== 'migrate') return;
  if (moveFrom === undefined || moveTo === undefined || moveFrom === moveTo)
    throw new PermanentError(
      'routes.same-target',
      `Expected two different targets to move copies between, found ${moveFrom ?? 'none'} and ${moveTo ?? 'none'}: post the job with jobParams.from and jobParams.to.`,
    );
}

/** What is said of an order on copies: where it takes slots, and which targets it is about. */
export type Copying = Pick<
  WorkOrder,
  'target' | 'targets' | 'route' | 'priority' | 'moveFrom' | 'moveTo' | 'repairAt'
>;

/** @param reading how its datablock would be read */
export function copyingBy(
  { moveFrom, moveTo, repairAt }: Wanted,
  reading: Pick<WorkOrder, 'target' | 'targets' | 'route' | 'priority'>,
): Copying {
  // A move takes room, and a slot for writing, where the copy goes, and one for reading where it is.
  if (moveFrom !== undefined && moveTo !== undefined) {
    const target = movingLane(reading.target, moveFrom, moveTo);
    return { ...reading, target, targets: [moveFrom, moveTo], moveFrom, moveTo };
  }
  // Any of its copies may have to be written.
  const target = mendingLane(reading.target);
  return { ...reading, target, ...(repairAt === undefined ? {} : { repairAt }) };
}

function assertIsCopied(routes: Routes, name: string): void {
  const target = routes.target(name);
  if (target === undefined)
    throw new PermanentError(
      'routes.target-unknown',
      `Expected a target of ROUTES_FILE (${routes.targets.map((one) => one.name).join(', ')}), found ${JSON.stringify(name)}. Correct the name in the job, or add the target to the file.`,
      { details: { target: name } },
    );
  if (target.kind === 'outside')
    throw new PermanentError(
      'routes.target-outside',
      `Expected a target that archivers of Catena write to, found ${name}, which others operate: copies there cannot be moved or mended by Catena yet.`,
      { details: { target: name } },
    );
}

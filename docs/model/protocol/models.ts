import { explore, type Exploration } from '../checker/explore.js';
import type { Model } from '../checker/model.js';
import { archiving, type ArchivingFault } from './archiving/archiving.js';
import type { ClaimsFault } from './claims/claims-state.js';
import { claims } from './claims/claims.js';
import type { DeliveryFault, DeliveryOptions } from './delivery/delivery-state.js';
import { delivery } from './delivery/delivery.js';
import type { TripFault } from './trip/trip-state.js';
import type { PlanningFault } from './planning/planning-state.js';
import { planning } from './planning/planning.js';
import { trip } from './trip/trip.js';

/** Two jobs, two workers and two crashes each. */
const crashes = 2;
/** Enough for each of the planted faults. */
const crashesForFaults = 1;

type Scene = Omit<DeliveryOptions, 'crashes' | 'fault'>;
/** Two documents of two jobs; one document that says something twice; one message for two apps. */
const scenes = {
  'two jobs': { outboxOf: [0, 1], awaits: [1, 1], appOf: [0, 0] },
  'two rows': { outboxOf: [0, 0], awaits: [1, 1], appOf: [0, 0] },
  'two apps': { outboxOf: [0], awaits: [3], appOf: [0, 1] },
} as const satisfies Record<string, Scene>;

/** A model, whatever its states are. */
export interface Checked {
  readonly actions: readonly { readonly name: string; readonly of: readonly string[] }[];
  /** What is claimed of it. */
  readonly claims: readonly string[];
  explore(): Exploration;
}

function checked<State extends object>(model: Model<State>): Checked {
  const { actions, always, steps = {}, inReach } = model;
  const claimed = [always, steps, inReach].flatMap((some) => Object.keys(some));
  return { actions, claims: claimed, explore: () => explore(model) };
}

/** What is looked at in `npm test`, by its name in `docs/model/README.md`. */
export const models: Readonly<Record<string, Checked>> = {
  'delivery: two jobs': checked(delivery({ ...scenes['two jobs'], crashes })),
  'delivery: two rows': checked(delivery({ ...scenes['two rows'], crashes: 1 })),
  'delivery: two apps': checked(delivery({ ...scenes['two apps'], crashes })),
  claims: checked(claims({ crashes })),
  archiving: checked(archiving({ crashes })),
  planning: checked(planning()),
  trip: checked(trip({ crashes })),
};

/** A model with a fault in it, and what is expected to break. */
export interface Planted {
  readonly model: string;
  readonly fault: string;
  readonly breaks: string;
  readonly checked: Checked;
}

const inDelivery = (scene: keyof typeof scenes, fault: DeliveryFault, breaks: string): Planted => {
  const model = delivery({ ...scenes[scene], crashes: crashesForFaults, fault });
  return { model: `delivery: ${scene}`, fault, breaks, checked: checked(model) };
};
const inClaims = (fault: ClaimsFault, breaks: string): Planted => {
  return { model: 'claims', fault, breaks, checked: checked(claims({ crashes: crashesForFaults, fault })) };
};
const inArchiving = (fault: ArchivingFault, breaks: string): Planted => {
  return {
    model: 'archiving',
    fault,
    breaks,
    checked: checked(archiving({ crashes: crashesForFaults, fault })),
  };
};
const inPlanning = (fault: PlanningFault, breaks: string): Planted => {
  return { model: 'planning', fault, breaks, checked: checked(planning(fault)) };
};
const inTrip = (fault: TripFault, breaks: string): Planted => {
  return { model: 'trip', fault, breaks, checked: checked(trip({ crashes: crashesForFaults, fault })) };
};

const responsible = 'a row goes only when its consumers are responsible';
const lookedAt = 'a row that is there is looked at again';
const hasWork = 'a dataset that is started has the work orders of its plan';
const verified = 'archived is said only of what was verified, and lies there';

export const planted: readonly Planted[] = [
  inDelivery('two jobs', 'receipt before the change is saved', responsible),
  inDelivery('two jobs', 'row goes with the confirm', responsible),
  inDelivery('two apps', 'row goes with the first receipt', responsible),
  inDelivery('two rows', 'due time is released without the claim', lookedAt),
  inDelivery('two apps', 'a row that awaits nobody is forgotten', lookedAt),
  inDelivery(
    'two jobs',
    'a message is recorded before it is handled',
    'what is recorded as handled is saved',
  ),
  inDelivery(
    'two jobs',
    'what is published is never sent again',
    'every message is handled, and its row is gone',
  ),
  inDelivery('two jobs', 'an outbox without rows stays due', 'every outbox is quiet'),
  inClaims('no unique index on claims', 'a dataset is claimed by one job'),
  inClaims('an accepted job may be given up', 'an accepted job is never taken back'),
  inClaims(
    'a dataset is written without its version',
    'the flags of a dataset are those of the job that has it',
  ),
  inClaims('the end of a job puts back what has ended', 'what is archived stays so'),
  inClaims('claims of accepted jobs are swept', 'an accepted job has its dataset until that is over'),
  inClaims('orphans are not looked for', 'no claim is left'),
  inClaims('the claim goes before the flags are back', 'no claim is left'),
  inClaims('the end of a job keeps its claims', 'no claim is left'),
  inClaims('a job that was given up lets go of claims of a sweep', 'no claim is left'),
  inArchiving('an end asks for no token', 'only the newest token ends an order'),
  inArchiving('says archived before it verified', verified),
  inArchiving('a command that comes again is stored anew', 'an end is for good'),
  inArchiving('the message of an end is written before it', 'an end is told once'),
  inArchiving('a stopped worker asks for no token', verified),
  inArchiving('a late record paints over the mark', 'nothing of a cancelled order is taken for verified'),
  inArchiving('cancelled is said first', 'nothing of a cancelled order is taken for verified'),
  inArchiving('no lease runs out', 'every order ends'),
  inArchiving('a tar makes way by its name', verified),
  inPlanning('a planner discards what a newer one has drafted', hasWork),
  inPlanning('a job that is to end is cancelled without a token', hasWork),
  inPlanning('a dataset is started without a token', hasWork),
  inPlanning(
    'a planner that gives up ends the work before the job',
    'only a job that was asked to end is cancelled',
  ),
  inPlanning('work of a job that failed is released', 'nothing is released for a job that is over'),
  inPlanning('a job is over while its dataset is at work', 'nothing is released for a job that is over'),
  inPlanning('a plan that was interrupted is left', 'every job ends'),
  inTrip('an end is not for good', 'the end of a work order is for good'),
  inTrip('drafts are planned whatever was asked for', 'the end of a work order is for good'),
  inTrip(
    'the dataset is registered when its work is done',
    'a job succeeds only when the catalogue vouches for its dataset',
  ),
  inTrip(
    'a job ends before its news is heard',
    'a job is over when all that was told of its dataset was heard',
  ),
  inTrip('a claim goes when its job is asked to end', 'a job that is at work has its dataset'),
  inTrip('a claim stays when its job is over', 'every job is over, and nothing of it is left'),
  inTrip('a late report needs no claim', 'a job that is at work has its dataset'),
  inTrip(
    'a request that overtakes its job is forgotten',
    'a request to end a job is noted with it, or too late',
  ),
  inTrip('a claim is not looked for', 'a dataset is claimed by one job'),
  inTrip('a failed dataset is taken for archived', 'archived is said of what was verified'),
  inTrip('a failure is taken for a success', 'a result is that of work that was done'),
  inTrip('what was cancelled counts as done', 'a cancelled work order is no part of a success'),
  inTrip('a failure is called a cancellation', 'only a job that was asked to end is cancelled'),
  inTrip('a job that is over can be cancelled', 'the end of a job is for good'),
];

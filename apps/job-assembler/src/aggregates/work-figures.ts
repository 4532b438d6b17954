import type { Page } from '#console-api';
import type { WorkOrderState } from '../domain/states.js';
import type { PauseScope } from '../domain/steering.js';
import type { WorkOrder } from './records.js';
import type { DoneWork } from '../domain/estimate.js';

/** Work that waits in a lane. */
export interface LaneWaiting {
  readonly lane: string;
  readonly count: number;
  readonly oldest: Date;
}

/** Which work orders; absent: any. */
export interface OrderFilter {
  readonly state?: WorkOrderState;
  /** A target that it goes to, or is read at. */
  readonly target?: string;
  readonly group?: string;
  readonly jobId?: string;
}

/** A work order as operators see it. */
export type OrderRow = Pick<
  WorkOrder,
  | 'jobId'
  | 'pid'
  | 'kind'
  | 'state'
  | 'group'
  | 'targets'
  | 'route'
  | 'priority'
  | 'deferredUntil'
  | 'readAt'
  | 'archiveId'
  | 'bytes'
  | 'share'
  | 'fault'
  | 'createdAt'
  | 'releasedAt'
  | 'acceptedAt'
  | 'heardAt'
  | 'endedAt'
  | 'waits'
  | 'waitCode'
> & {
  readonly id: string;
  /** Its slots: `write:TARGET`, `read:TARGET` and the like. */
  readonly lane: string;
  /** It is with a worker that others operate. */
  readonly worker?: string;
};

/** Where work waits in its lane. */
export interface LanePlace {
  readonly before: number;
  readonly endedSince: number;
  /** Other groups wait in the lane: they have their turns in between, whoever came first. */
  readonly isShared: boolean;
}

/** Numbers about work orders, for people. They decide nothing. */
export abstract class WorkFigures {
  /** What is planned and may begin when there is room: neither deferred nor of a job that is held. Within: as of `slots`. */
  abstract waiting(within?: number): Promise<LaneWaiting[]>;
  /** Of each lane what ended well last since then, and what is done of work that runs; a bounded number of each. */
  abstract done(
    lanes: readonly string[],
    since: Date,
    now: Date,
  ): Promise<ReadonlyMap<string, readonly DoneWork[]>>;
  /** Work under way of what a pause holds back. */
  abstract countReleased(scope: PauseScope): Promise<number>;
  /** Page by page, newest first. @throws PermanentError `operations.not-possible` for an unknown `after` */
  abstract page(filter: OrderFilter, after: string | undefined, limit: number): Promise<Page<OrderRow>>;
  /** How many are before the next work of a job in a lane, a bounded number, and how many of the lane have ended since then. */
  abstract placeIn(jobId: string, lane: string, since: Date): Promise<LanePlace | undefined>;
  /** Whether work of the job is with workers of outside targets, waits for them, or is to follow there. */
  abstract isOutside(jobId: string): Promise<boolean>;
  /** Bytes by lane that are still to be done, of a job or of all. */
  abstract left(jobId?: string): Promise<ReadonlyMap<string, number>>;
}

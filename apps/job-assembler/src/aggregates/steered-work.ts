import type { Priority } from '#routes';
import type { WorkScope } from './work-orders.js';

/** What operators said of a job, as its work orders hear of it. */
export interface JobWords {
  readonly version: number;
  /** Absent: that of their route. */
  readonly priority?: Priority;
  readonly deferredUntil?: Date;
}

/** What work orders know of what operators said of their jobs. */
export abstract class SteeredWork {
  /** Work that is not released takes it over, unless it has heard a later word. */
  abstract hear(scope: WorkScope, words: JobWords): Promise<void>;
  /** Work whose time has come may be released. */
  abstract endDeferrals(now: Date): Promise<void>;
}

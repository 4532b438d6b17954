import type { JobOutcome, Workflow } from '#contracts';
import type { MessageContext } from '#messaging';
import type { OutboxPart } from '#outbox';
import type { BridgeJobState, LeftAlone, WayIn, Why } from '../domain/bridge-job.js';
import type { ScicatLifecycle } from '../scicat/scicat.js';

/** A job of SciCat, as far as the bridge has to do with it. */
export interface BridgeJob {
  /** SciCat's id. */
  readonly _id: string;
  readonly state: BridgeJobState;
  readonly seenAt: Date;
  readonly seenBy: readonly WayIn[];
  /** When the worker has something to do; absent: nothing is left. */
  readonly dueAt?: Date;
  readonly leasedUntil: Date;
  /** Fencing token of the lease. */
  readonly epoch: number;
  /** Grows with everything that came from outside: whoever rests must have seen it. */
  readonly heard: number;
  /** Tries in a row that did not succeed. */
  readonly attempts: number;
  readonly type?: string;
  readonly workflow?: Workflow;
  readonly ownerGroup?: string;
  readonly datasets?: number;
  /** The status code that SciCat should show: what the bridge found when it accepted, or has written last. */
  readonly told?: string;
  /** The one that is being written: a crash may have come after the write. */
  readonly telling?: string;
  readonly why?: Why;
  /** All datasets are marked as scheduled, or need not be. */
  readonly scheduled?: boolean;
  /** When SciCat is asked next whether the job is still there. */
  readonly checkAt?: Date;
  /** Times in a row that SciCat said that there is no such job. */
  readonly absent?: number;
  /** SciCat has it no more: it was deleted there, which means "cancel". */
  readonly deleted?: boolean;
  /** job-assembler was asked to stop. */
  readonly cancelled?: boolean;
  readonly leftAlone?: readonly LeftAlone[];
  readonly leftAloneCount?: number;
  readonly progress?: Readonly<Record<string, unknown>>;
  readonly outcome?: JobOutcome | 'refused';
  /** When it became over, or was left. */
  readonly endedAt?: Date;
  readonly outbox: OutboxPart;
}

export type PartVerdict = 'registered' | 'reset' | 'refused';

/** A dataset of an accepted job, and the hold that the job has on it. */
export interface BridgePart {
  readonly _id: string;
  readonly jobId: string;
  readonly pid: string;
  readonly workflow: Workflow;
  /** The pid, while no other job may have the dataset. */
  readonly exclusive?: string;
  /** Its lifecycle when the job was accepted. */
  readonly before?: ScicatLifecycle;
  /** Where `before` says what SciCat's v3 writes by itself as it takes a job: what it said before that. */
  readonly restored?: ScicatLifecycle;
  /** What the bridge has written of it since. */
  readonly told?: ScicatLifecycle;
  /** Fields that others have changed since: they stay theirs. */
  readonly theirs?: readonly string[];
  readonly scheduled?: boolean;
  readonly verdict?: PartVerdict;
  readonly ended?: boolean;
  readonly at: Date;
  readonly outbox: OutboxPart;
}

/** Something that SciCat has to be told: a report of job-assembler, kept until it was done and as long as its job. */
export interface Errand {
  /** The id of the report. */
  readonly _id: string;
  readonly jobId: string;
  readonly pid?: string;
  readonly type: string;
  /** The place among the reports of a job, and of a dataset. */
  readonly sequence: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
  readonly context: MessageContext;
  readonly doneAt?: Date;
  readonly attempts: number;
  readonly why?: Why;
}

import { createHash } from 'node:crypto';
import type { Action, Said } from '#console-api';
import {
  CatenaError,
  codeOf,
  crashPoint,
  idFromName,
  isRetriable,
  messageOf,
  newId,
  PermanentError,
} from '#kernel';
import { currentContext } from '#messaging';
import type { Logger } from '#observability';
import type { Operator } from '../operator.js';
import type { AuditRecord } from './audit-record.js';
import type { AuditTrail, Ending } from './audit-trail.js';

/** Another operator was faster: the sentence names who, when and what. */
export const changedMeanwhile = 'operations.changed-meanwhile';
/** The same call is being answered, or was begun and never ended: whether it was done is not known. */
export const underWay = 'operations.under-way';
export const notThere = 'operations.not-there';
export const notPossible = 'operations.not-possible';
export const reasonMissing = 'operations.reason-missing';

/** Milliseconds after which an entry whose record could never be asked ends as unknown. */
const hopeless = 86_400_000;

/** What a person wants to be done. */
export interface Wish {
  readonly action: Action;
  /** What it is done to, such as `share/NAME`. */
  readonly subject: string;
  readonly jobId?: string;
  readonly reason?: string;
  /** Everything else that the call says: another wish under the same key is refused. */
  readonly details?: Said;
}

/** What was done. */
export interface Deed {
  readonly before?: Said;
  readonly after: Said;
}

/**
 * Finds out, after the app has died, whether an action was done. The change bears the id of its entry, so its record knows.
 *
 * @returns undefined when it was not; `unknown` where a later word stands in the record, which may have come over it
 */
export type Witness = (entry: AuditRecord) => Promise<Deed | 'unknown' | undefined>;

const maxSubject = 1000;
const maxFault = 1000;
/**
 * The one way from an operator's call to a change: an entry of the audit trail is begun, the change is made, the entry is
 * ended. An app that dies in between leaves an entry that {@link settleUnfinished} completes with what the record says. A call
 * that is sent again with the same `Idempotency-Key` is answered with what was done the first time.
 */
export class OperatorActions {
  private readonly witnesses = new Map<Action, Witness>();
  private readonly repeatable = new Set<Action>();

  /** @param grace milliseconds after which an action that is not over is asked about: no call takes as long */
  constructor(
    private readonly trail: AuditTrail,
    private readonly logger: Logger,
    private readonly grace: number,
  ) {}

  /** Each action has one, but those that {@link mayRepeat}. */
  addWitness(action: Action, witness: Witness): void {
    this.witnesses.set(action, witness);
  }

  /** Actions without a witness that do no harm when they are done twice: one that failed may be sent again under its key. */
  mayRepeat(...actions: readonly Action[]): void {
    for (const action of actions) this.repeatable.add(action);
  }

  /**
   * @param change gets the id of the audit entry, which its record keeps; decides in one write
   * @returns what was done, now or by the same call before
   * @throws PermanentError `operations.under-way` while the same call is being answered, or was begun and never ended;
   * `operations.key-reused` for another wish under the same key; whatever the change throws
   */
  async perform(operator: Operator, wish: Wish, change: (entry: string) => Promise<Deed>): Promise<Said> {
    const { action, subject, jobId, reason } = wish;
    const digest = digestOf(operator, wish);
    const _id = entryIdOf(operator);
    const before = await this.trail.begin({
      ...{ _id, by: operator.name, via: operator.via, action, subject: subject.slice(0, maxSubject) },
      ...(operator.from === undefined ? {} : { from: operator.from }),
      ...(jobId === undefined ? {} : { jobId }),
      ...(reason === undefined ? {} : { reason }),
      ...{ traceparent: currentContext().traceparent, wish: digest },
    });
    if (before !== undefined) {
      const done = await this.doneBefore(before, digest);
      if (done !== undefined) return done;
    }
    crashPoint('operations.before-change');
    return this.done(_id, operator, wish, change);
  }

  /** What was done by the same call before; undefined where it was not, or has no key. */
  async answerTo(operator: Operator, wish: Wish): Promise<Said | undefined> {
    if (operator.key === undefined) return undefined;
    const entry = await this.trail.find(entryIdOf(operator));
    const isSame = entry?.outcome === 'done' && entry.wish === digestOf(operator, wish);
    return isSame ? (entry.after ?? {}) : undefined;
  }

  /** Completes entries of actions whose app died. */
  async settleUnfinished(now: Date): Promise<void> {
    for (const entry of await this.trail.unfinished(new Date(now.getTime() - this.grace)))
      try {
        await this.settle(entry);
      } catch (error) {
        // One whose record cannot be asked now must not keep all others waiting.
        this.logger.warn(
          { audit: entry._id, error: messageOf(error) },
          'could not complete an audit entry; it is tried again',
        );
        const isHopeless = now.getTime() - entry.at.getTime() > hopeless;
        if (isHopeless) await this.trail.endUnfinished(entry._id, { outcome: 'unknown' });
      }
  }

  private async settle(entry: AuditRecord): Promise<void> {
    const witness = this.witnesses.get(entry.action);
    const deed = witness === undefined ? 'unknown' : await witness(entry);
    const outcome = deed === undefined ? 'not-done' : deed === 'unknown' ? deed : 'done';
    await this.trail.endUnfinished(entry._id, { outcome, ...(typeof deed === 'object' ? deed : {}) });
  }

  private async done(
    id: string,
    operator: Operator,
    { action, subject, jobId, reason }: Wish,
    change: (entry: string) => Promise<Deed>,
  ): Promise<Said> {
    const facts = { audit: id, action, subject, jobId, by: operator.name, via: operator.via, reason };
    try {
      const deed = await change(id);
      crashPoint('operations.after-change');
      // It was done, whether or not its entry can be ended now: the sweep asks the record.
      await this.ended(id, { outcome: 'done', ...deed });
      this.logger.info({ ...facts, outcome: 'done' }, 'audit: an operator acted');
      return deed.after;
    } catch (error) {
      const [code, message] = [
        codeOf(error, 'operations.unexpected-error'),
        messageOf(error).slice(0, maxFault),
      ];
      const fault = { code, message };
      const isRefused = error instanceof CatenaError && !isRetriable(error);
      const ending = isRefused
        ? { outcome: 'refused' as const, fault }
        : await this.endingAfter(id, action, fault);
      if (ending !== undefined) await this.ended(id, ending);
      this.logger.warn({ ...facts, outcome: ending?.outcome, ...fault }, 'audit: an action was not done');
      throw error;
    }
  }

  /** A service that went away in between may have done it all the same: the record knows. Undefined: a sweep asks it later. */
  private async endingAfter(id: string, action: Action, fault: Ending['fault']): Promise<Ending | undefined> {
    const witness = this.witnesses.get(action);
    // Then nothing tells whether it was done: the same call does not do it again.
    if (witness === undefined) return { outcome: this.repeatable.has(action) ? 'failed' : 'unknown', fault };
    try {
      const entry = await this.trail.find(id);
      const deed = entry && (await witness(entry));
      if (deed === 'unknown') return { outcome: deed, fault };
      return deed === undefined ? { outcome: 'failed', fault } : { outcome: 'done', ...deed };
    } catch {
      return undefined;
    }
  }

  private async ended(id: string, ending: Ending): Promise<void> {
    await this.trail
      .end(id, ending)
      .catch((error: unknown) =>
        this.logger.warn(
          { audit: id, error: messageOf(error) },
          'could not complete an audit entry; a sweep does',
        ),
      );
  }

  private async doneBefore(before: AuditRecord, digest: string): Promise<Said | undefined> {
    const { _id, by, at, outcome, wish, after = {}, fault } = before;
    if (wish !== digest)
      throw new PermanentError(
        'operations.key-reused',
        `Expected an Idempotency-Key of its own for each action, found one under which ${by} did another one at ${at.toISOString()}. Send the call with a new key.`,
      );
    if (outcome === 'done') return after;
    if (outcome === 'refused')
      throw new PermanentError(fault?.code ?? notPossible, fault?.message ?? 'It was refused.');
    if (outcome !== 'begun' && outcome !== 'unknown' && (await this.trail.beginAgain(_id))) return undefined;
    throw new PermanentError(
      underWay,
      `Expected an action that nobody is doing, found that the same call of ${by} has been under way since ${at.toISOString()}. Look at GET operations/audit before you ask again.`,
    );
  }
}

function entryIdOf({ name, key }: Operator): string {
  return key === undefined ? newId() : idFromName(JSON.stringify([name, key]));
}

function digestOf({ name }: Operator, { action, subject, jobId, reason, details }: Wish): string {
  return createHash('sha256')
    .update(JSON.stringify([name, action, subject, jobId, reason, details]))
    .digest('base64url');
}

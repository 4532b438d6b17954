import type { Connection } from 'mongoose';
import type { ActionOutcome, AuditEntry, Page, Said } from '#console-api';
import { newId, type Clock } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { olderThan, pageOf, placeIn } from '../keyset.js';
import { entryOf, type AuditQuery, type AuditRecord } from './audit-record.js';

/** What became of an action that had begun. */
export interface Ending {
  readonly outcome: ActionOutcome;
  readonly before?: Said;
  readonly after?: Said;
  readonly fault?: { readonly code: string; readonly message: string };
}

/** Actions that one round of the sweep looks at. */
const maxUnfinished = 100;

/**
 * Who did what to which, why, and what came of it: the collection `catena_audit` of an app. Entries are begun before the
 * action and ended after it; nothing else changes them, and they go by their age.
 */
export class AuditTrail {
  /** @param retention milliseconds */
  constructor(
    private readonly connection: Connection,
    private readonly clock: Clock,
    private readonly retention: number,
  ) {}

  async createIndexes(): Promise<void> {
    const { records } = this;
    await records.createIndex({ at: -1, _id: -1 }, { name: 'catena_audit_newest' });
    await records.createIndex({ by: 1, at: -1, _id: -1 }, { name: 'catena_audit_by' });
    await records.createIndex({ subject: 1, at: -1, _id: -1 }, { name: 'catena_audit_subject' });
    await records.createIndex({ action: 1, at: -1, _id: -1 }, { name: 'catena_audit_action' });
    await records.createIndex({ jobId: 1, at: -1, _id: -1 }, { name: 'catena_audit_job', sparse: true });
    await records.createIndex({ outcome: 1, at: 1 }, { name: 'catena_audit_outcome' });
    await records.createIndex({ expiresAt: 1 }, { name: 'catena_audit_expiry', expireAfterSeconds: 0 });
  }

  /**
   * Begins an entry, in one write.
   *
   * @returns the entry that stands under this id already, for an action that was asked for before
   */
  async begin(record: Omit<AuditRecord, 'at' | 'outcome' | 'expiresAt'>): Promise<AuditRecord | undefined> {
    const at = this.clock.now();
    const expiresAt = new Date(at.getTime() + this.retention);
    const call = newId();
    try {
      await this.records.insertOne({ ...record, at, outcome: 'begun', expiresAt, call });
      return undefined;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const found = await this.records.findOne({ _id: record._id });
      // The driver sends a write again whose answer was lost.
      return found === null || found.call === call ? undefined : found;
    }
  }

  /** Begins an entry anew whose action failed, or was not done. @returns false when another call was faster */
  async beginAgain(id: string): Promise<boolean> {
    const { matchedCount } = await this.records.updateOne(
      { _id: id, outcome: { $in: ['failed', 'not-done'] } },
      { $set: { outcome: 'begun', at: this.clock.now() }, $unset: { fault: '' } },
    );
    return matchedCount > 0;
  }

  /** What a sweep has found out of an action that was still under way is corrected. */
  async end(id: string, ending: Ending): Promise<void> {
    await this.records.updateOne(
      { _id: id, outcome: { $in: ['begun', 'not-done', 'unknown'] } },
      { $set: ending },
    );
  }

  /** Of an action whose app died. */
  async endUnfinished(id: string, ending: Ending): Promise<void> {
    await this.records.updateOne({ _id: id, outcome: 'begun' }, { $set: ending });
  }

  async find(id: string): Promise<AuditRecord | undefined> {
    return (await this.records.findOne({ _id: id })) ?? undefined;
  }

  /** Begun before then, and not over: oldest first, some of them. */
  unfinished(before: Date): Promise<AuditRecord[]> {
    return this.records
      .find({ outcome: 'begun', at: { $lt: before } })
      .sort({ at: 1 })
      .limit(maxUnfinished)
      .toArray();
  }

  /** Newest first. @throws PermanentError `operations.not-possible` for an unknown `after` */
  async list(query: AuditQuery): Promise<Page<AuditEntry>> {
    const { by, subject, action, jobId, from, to, after, limit } = query;
    const range = { ...(from === undefined ? {} : { $gte: from }), ...(to === undefined ? {} : { $lt: to }) };
    const condition = {
      ...(by === undefined ? {} : { by }),
      ...(subject === undefined ? {} : { subject }),
      ...(action === undefined ? {} : { action }),
      ...(jobId === undefined ? {} : { jobId }),
      ...(Object.keys(range).length === 0 ? {} : { at: range }),
    };
    const found = await this.records
      .find({ $and: [condition, olderThan('at', placeIn(after))] })
      .sort({ at: -1, _id: -1 })
      .limit(limit + 1)
      .toArray();
    return pageOf(found, limit, ({ at, _id: id }) => ({ at, id }), entryOf);
  }

  private get records() {
    return this.connection.collection<AuditRecord>('catena_audit');
  }
}

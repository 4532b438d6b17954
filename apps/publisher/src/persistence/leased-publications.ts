import { Injectable } from '@nestjs/common';
import { OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { PublisherStore } from './publisher-store.js';
import type { Publication } from './records.js';
import { LeaseLost, notNewer, type Lease } from './lease.js';

/** Of nobody's lease. */
const free = { leasedUntil: new Date(0) };

type Fields = Partial<Publication> & Record<string, unknown>;

/** Writes of a worker: each with its fencing token, and with the messages that belong to it. */
@Injectable()
export class LeasedPublications {
  private readonly changes: OutboxCollection;

  constructor(
    private readonly store: PublisherStore,
    relay: OutboxRelay,
  ) {
    this.changes = new OutboxCollection(store.publications, relay);
  }

  /** Takes the publication that has been due for longest, until the lease ends, and raises its token. */
  async takeDue(now: Date, leasedUntil: Date): Promise<Pick<Publication, '_id' | 'epoch'> | undefined> {
    const taken = await this.store.publications.findOneAndUpdate(
      { dueAt: { $lte: now }, leasedUntil: { $lte: now } },
      { $set: { leasedUntil }, $inc: { epoch: 1 } },
      { sort: { dueAt: 1 }, returnDocument: 'after', projection: { epoch: 1 } },
    );
    return taken ?? undefined;
  }

  /** When the first publication is due, now or later; one that a worker has taken still is. */
  async nextDue(): Promise<Date | undefined> {
    const due = { dueAt: { $exists: true } };
    const options = { sort: { dueAt: 1 as const }, projection: { dueAt: 1 } };
    return (await this.store.publications.findOne(due, options))?.dueAt;
  }

  /** @returns false when another worker has the newer token */
  async renew({ _id, epoch }: Pick<Publication, '_id' | 'epoch'>, leasedUntil: Date): Promise<boolean> {
    const { matchedCount } = await this.store.publications.updateOne(
      { _id, epoch },
      { $set: { leasedUntil } },
    );
    return matchedCount === 1;
  }

  /** @throws LeaseLost */
  async read({ doi, epoch }: Lease): Promise<Publication> {
    const publication = await this.store.publications.findOne({ _id: doi, epoch });
    if (publication === null) throw new LeaseLost(doi);
    return publication;
  }

  /** Nothing is left to do, unless a newer target came since `heard` was read: that keeps it due. */
  async rest(lease: Lease, heard: number): Promise<void> {
    const { matchedCount } = await this.store.publications.updateOne(
      { _id: lease.doi, epoch: lease.epoch, heard },
      { $set: { ...free, attempts: 0 }, $unset: { dueAt: '', lastFault: '' } },
    );
    if (matchedCount === 0) await this.release(lease);
  }

  /** Another worker goes on with it. */
  async release({ doi, epoch }: Lease): Promise<void> {
    await this.store.publications.updateOne({ _id: doi, epoch }, { $set: free });
  }

  /** @throws LeaseLost */
  async save(lease: Lease, fields: Fields, rows: readonly OutboxRow[] = []): Promise<void> {
    if (!(await this.changes.change({ _id: lease.doi, epoch: lease.epoch }, { $set: fields }, rows)))
      throw new LeaseLost(lease.doi);
  }

  /**
   * As `save`, for what follows from the target that was read: one that came meanwhile must not be written over.
   *
   * @returns false when there is a newer one; nothing was written
   */
  saveUnlessHeard(
    { doi, epoch }: Lease,
    heard: number,
    fields: Fields,
    rows: readonly OutboxRow[] = [],
  ): Promise<boolean> {
    return this.changes.change({ _id: doi, epoch, heard }, { $set: fields }, rows);
  }

  /** Nothing is left of it here, unless a newer target came meanwhile: then it goes on with that. */
  async forget(lease: Lease, heard: number): Promise<void> {
    const { doi, epoch } = lease;
    // First: tokens of a new publication begin anew, and could never replace content that a crash left here.
    await this.store.contents.deleteOne(notNewer(lease));
    const { deletedCount } = await this.store.publications.deleteOne({ _id: doi, epoch, heard });
    if (deletedCount === 0) return;
    await this.store.listParts.deleteMany({ doi });
  }
}

import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { OutboxRelay, pushRows, type OutboxRow } from '#outbox';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication } from '../persistence/records.js';
import { LeaseLost, notNewer, type Lease } from './lease.js';

type Fields = Partial<Publication> & Record<string, unknown>;

/** Writes of a worker: each with its fencing token, and with the messages that belong to it. */
@Injectable()
export class HeldPublications {
  constructor(
    private readonly store: PublisherStore,
    private readonly relay: OutboxRelay,
    private readonly clock: Clock,
  ) {}

  /** @throws LeaseLost */
  async save(lease: Lease, fields: Fields, rows: readonly OutboxRow[] = []): Promise<void> {
    if (!(await this.write({ _id: lease.doi, epoch: lease.epoch }, fields, rows)))
      throw new LeaseLost(lease.doi);
  }

  /**
   * As `save`, for what follows from the wish that was read: one that came meanwhile must not be written over.
   *
   * @returns false when there is a newer one; nothing was written
   */
  saveUnlessHeard(
    { doi, epoch }: Lease,
    heard: number,
    fields: Fields,
    rows: readonly OutboxRow[] = [],
  ): Promise<boolean> {
    return this.write({ _id: doi, epoch, heard }, fields, rows);
  }

  private async write(
    condition: { readonly _id: string; readonly epoch: number; readonly heard?: number },
    fields: Fields,
    rows: readonly OutboxRow[],
  ): Promise<boolean> {
    const { $push, $set } = pushRows('outbox', rows, this.clock.now());
    const { matchedCount } = await this.store.publications.updateOne(condition, {
      $set: { ...fields, ...$set },
      ...(rows.length === 0 ? {} : { $push: $push as never }),
    });
    if (matchedCount === 1 && rows.length > 0) this.relay.wake();
    return matchedCount === 1;
  }

  /** Nothing is left of it here, unless a wish came meanwhile: then it goes on with that. */
  async forget(lease: Lease, heard: number): Promise<void> {
    const { doi, epoch } = lease;
    // First: tokens of a new publication begin anew, and could never replace content that a crash left here.
    await this.store.contents.deleteOne(notNewer(lease));
    const { deletedCount } = await this.store.publications.deleteOne({ _id: doi, epoch, heard });
    if (deletedCount === 0) return;
    await this.store.listParts.deleteMany({ doi });
  }
}

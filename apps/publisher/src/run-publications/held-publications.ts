import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { OutboxRelay, pushRows, type OutboxRow } from '#outbox';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication } from '../persistence/records.js';
import { LeaseLost, type Lease } from './lease.js';

/** Writes of a worker: each with its fencing token, and with the messages that belong to it. */
@Injectable()
export class HeldPublications {
  constructor(
    private readonly store: PublisherStore,
    private readonly relay: OutboxRelay,
    private readonly clock: Clock,
  ) {}

  /** @throws LeaseLost */
  async save(
    { doi, epoch }: Lease,
    fields: Partial<Publication> & Record<string, unknown>,
    rows: readonly OutboxRow[] = [],
  ): Promise<void> {
    const { $push, $set } = pushRows('outbox', rows, this.clock.now());
    const { matchedCount } = await this.store.publications.updateOne(
      { _id: doi, epoch },
      { $set: { ...fields, ...$set }, ...(rows.length === 0 ? {} : { $push: $push as never }) },
    );
    if (matchedCount === 0) throw new LeaseLost(doi);
    if (rows.length > 0) this.relay.wake();
  }

  /** Nothing is left of it here, unless a wish came meanwhile: then it goes on with that. */
  async forget({ doi, epoch }: Lease, heard: number): Promise<void> {
    const { deletedCount } = await this.store.publications.deleteOne({ _id: doi, epoch, heard });
    if (deletedCount === 0) return;
    await this.store.contents.deleteOne({ _id: doi });
    await this.store.listParts.deleteMany({ doi });
  }
}

import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { currentContext } from '#messaging';
import { newOutbox } from '#outbox';
import { isDuplicateKey } from '#persistence';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication, Wanted } from '../persistence/records.js';

/** What the catalogue wants, written down once for each version: an older target never replaces a newer one. */
@Injectable()
export class PublicationTargets {
  constructor(
    private readonly store: PublisherStore,
    private readonly clock: Clock,
  ) {}

  /** @returns false when this version, or a newer one, was known */
  async note(
    doi: string,
    version: number,
    wanted: Wanted,
    withdrawal?: Publication['withdrawal'],
  ): Promise<boolean> {
    const now = this.clock.now();
    const target = {
      ...{ version, wanted, attempts: 0, dueAt: now, context: currentContext() },
      ...(wanted === 'unchanged' ? {} : { stale: true }),
      ...(withdrawal === undefined ? {} : { withdrawal }),
    };
    const changed = await this.store.publications.updateOne(
      { _id: doi, version: { $lt: version } },
      { $set: target, $unset: { blocked: '', lastFault: '' }, $inc: { heard: 1 } },
    );
    if (changed.matchedCount === 1) return true;
    try {
      await this.store.publications.insertOne({
        _id: doi,
        ...{ stale: wanted !== 'unchanged', heard: 1, revision: 0, reported: 0, epoch: 0 },
        doi: { state: 'none' },
        leasedUntil: new Date(0),
        outbox: newOutbox([], now),
        ...target,
      });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Looks at it again: after a fault was mended, or when something else has changed. */
  async again(doi: string, fields: Partial<Publication> = {}): Promise<boolean> {
    return this.wakeUp({ _id: doi }, fields);
  }

  /** As `again`, but only while it is at rest as it was seen: a worker that has begun meanwhile knows better. */
  mend({ _id, epoch }: Pick<Publication, '_id' | 'epoch'>, fields: Partial<Publication>): Promise<boolean> {
    const atRest = { dueAt: { $exists: false }, blocked: { $exists: false } };
    return this.wakeUp({ _id, epoch, ...atRest }, fields);
  }

  private async wakeUp(
    condition: { readonly _id: string; readonly [field: string]: unknown },
    fields: Partial<Publication>,
  ): Promise<boolean> {
    const { matchedCount } = await this.store.publications.updateOne(condition, {
      $set: { ...fields, attempts: 0, dueAt: this.clock.now() },
      $unset: { blocked: '', lastFault: '' },
      $inc: { heard: 1 },
    });
    return matchedCount === 1;
  }
}

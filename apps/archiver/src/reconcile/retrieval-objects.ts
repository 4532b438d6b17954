import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import { ObjectStore, type ListedObject } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { ReconciledRecords, type SeenCopy } from '../persistence/reconciled-records.js';
import type { RetrievedCopy } from '../persistence/records.js';

const page = 100;
/** Uploads of outside workers have a sweep of their own. */
const uploads = 'outside-uploads/';

type Seen = { readonly object: ListedObject } | { readonly copy: SeenCopy };

/** The retrieval bucket and the records of what lies there: a copy without a record never goes, a record without a copy is a dead link. */
@Injectable()
export class RetrievalObjects extends ReconciliationCheck {
  readonly name = 'retrieved copies';

  constructor(
    private readonly records: ReconciledRecords,
    private readonly objects: ObjectStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    let some: ListedObject[] = [];
    for await (const object of this.objects.list(this.config.retrievalBucket, '')) {
      look.looked();
      if (object.key.startsWith(uploads) || object.modifiedAt > look.oldEnough) continue;
      some.push(object);
      if (some.length < page) continue;
      yield* this.without(some);
      some = [];
    }
    yield* this.without(some);
    for await (const copy of this.records.present()) {
      look.looked();
      if (await this.isGone(copy)) yield this.lost(copy);
    }
  }

  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const found = seen as Seen;
    return 'object' in found ? this.removeStray(found.object) : this.forgetLost(found.copy);
  }

  private async *without(objects: readonly ListedObject[]): AsyncGenerator<Finding> {
    const known = await this.records.retrievedKnown(objects.map(({ key }) => key));
    for (const object of objects)
      if (!known.has(object.key))
        yield {
          ...{ kind: 'retrieved-without-record', subject: object.key, canRepair: true },
          where: `bucket ${this.config.retrievalBucket}`,
          expected: 'a record that says until when it stays',
          found: `${object.size} bytes of ${object.modifiedAt.toISOString()}`,
          remedy: 'removed: it can be retrieved again',
          seen: { object } satisfies Seen,
        };
  }

  private lost({ _id, until, order, epoch, expiresAt }: RetrievedCopy): Finding {
    return {
      ...{ kind: 'retrieved-without-object', subject: _id, canRepair: true },
      where: 'archiver: retrieved_copies',
      expected: `an object in bucket ${this.config.retrievalBucket} until ${expiresAt?.toISOString() ?? '?'}`,
      found: 'none',
      remedy: 'the record is dropped: the next retrieval recalls it anew',
      seen: {
        copy: {
          _id,
          until,
          ...(order === undefined ? {} : { order }),
          ...(epoch === undefined ? {} : { epoch }),
        },
      } satisfies Seen,
    };
  }

  /** A recall that begins meanwhile waits for the removal, as for that of a copy whose time is over. */
  private async removeStray({ key, etag }: ListedObject): Promise<RepairOutcome> {
    const until = new Date(this.clock.now().getTime() + this.config.lease);
    if (!(await this.records.holdStray(key, until))) return 'changed';
    try {
      const others = await this.objects.removeUnchanged(this.config.retrievalBucket, [{ key, etag }]);
      return others.length === 0 ? 'repaired' : 'changed';
    } finally {
      await this.records.releaseStray(key);
    }
  }

  private async forgetLost(copy: SeenCopy): Promise<RepairOutcome> {
    if (!(await this.isGone(copy))) return 'changed';
    return (await this.records.forgetAsSeen(copy)) ? 'repaired' : 'changed';
  }

  /** What has just arrived may not be everywhere yet. */
  private async isGone({ _id, until }: SeenCopy): Promise<boolean> {
    if (until.getTime() + this.config.referencePatience > this.clock.now().getTime()) return false;
    return (await this.objects.head(this.config.retrievalBucket, _id)) === undefined;
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import { ObjectStore, type ListedObject } from '#storage';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../archiver.config.js';
import { ReconciledRecords, type SeenCopy } from '../persistence/reconciled-records.js';
import type { RetrievedCopy } from '../persistence/records.js';
import { goodCopies } from '../persistence/stored-copies.js';
import { archiveIdOfRetrieved } from '../domain/part-names.js';

const page = 100;
/** Uploads of outside workers have a sweep of their own. */
const uploads = 'outside-uploads/';

type Seen = { readonly object: ListedObject } | { readonly copy: SeenCopy };

/**
 * The retrieval bucket and the records of what lies there: a copy without a record never goes, a record without a copy is a dead link.
 * What cannot be retrieved again is never removed, whoever put it there: it may be all there is.
 */
@Injectable()
export class RetrievalObjects extends ReconciliationCheck {
  readonly name = 'retrieved copies';

  constructor(
    private readonly records: ReconciledRecords,
    private readonly objects: ObjectStore,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
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
      yield* this.without(some, look);
      some = [];
    }
    yield* this.without(some, look);
    await look.sawAll(this.config.retrievalBucket);
    for await (const copy of this.records.present()) {
      look.looked();
      if (await this.isGone(copy)) yield this.lost(copy);
    }
  }

  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const found = seen as Seen;
    return 'object' in found ? this.removeStray(found.object) : this.forgetLost(found.copy);
  }

  private async *without(objects: readonly ListedObject[], look: Look): AsyncGenerator<Finding> {
    const known = await this.records.retrievedKnown(objects.map(({ key }) => key));
    for (const object of objects) {
      if (known.has(object.key)) continue;
      if (!(await look.isOldNews(this.config.retrievalBucket, `${object.key}\n${object.etag}`))) continue;
      const canRepair = await this.canBeRetrieved(object.key).catch((error: unknown) => {
        look.skip(`copies of ${object.key}: ${messageOf(error)}`);
        return false;
      });
      yield {
        ...{ kind: 'retrieved-without-record', subject: object.key, canRepair },
        where: `bucket ${this.config.retrievalBucket}`,
        expected: 'a record that says until when it stays',
        found: `${object.size} bytes of ${object.modifiedAt.toISOString()}`,
        remedy: canRepair
          ? 'removed: it can be retrieved again'
          : 'nothing: it is no datablock, and no part of one, of which a good copy lies on a target of this archiver; find out who put it there, and remove it by hand when nobody needs it',
        seen: { object } satisfies Seen,
      };
    }
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

  /**
   * A recall that begins meanwhile waits for the removal, as for that of a copy whose time is over. After a fault the store may still
   * carry it out: recalls are kept away until the lease is over.
   */
  private async removeStray({ key, etag }: ListedObject): Promise<RepairOutcome> {
    const until = new Date(this.clock.now().getTime() + this.config.lease);
    if (!(await this.records.holdStray(key, until))) return 'changed';
    if (!(await this.isStillNeedless(key))) return 'changed';
    const others = await this.objects.removeUnchanged(this.config.retrievalBucket, [{ key, etag }]);
    await this.records.releaseStray(key);
    return others.length === 0 ? 'repaired' : 'changed';
  }

  /** Nothing has been asked of the store yet: unless it is needless, it is let go of at once. */
  private async isStillNeedless(key: string): Promise<boolean> {
    let isNeedless = false;
    try {
      return (isNeedless = await this.canBeRetrieved(key));
    } finally {
      if (!isNeedless) await this.records.releaseStray(key);
    }
  }

  /**
   * Whether it has the name of a verified datablock, or of a part of one, of which a good copy is there: records alone may be those of a
   * database that was restored.
   */
  private async canBeRetrieved(key: string): Promise<boolean> {
    const archiveId = archiveIdOfRetrieved(key);
    const datablock = (await this.records.known([archiveId])).get(archiveId);
    if (datablock?.state !== 'verified') return false;
    const places = goodCopies(datablock.copies).map(({ share }) => share);
    for (const place of this.shares.filter(({ name }) => places.includes(name)))
      if ((await place.stat(archiveId))?.size === datablock.packedSize) return true;
    return false;
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

import { Inject, Injectable } from '@nestjs/common';
import type { Page } from '#console-api';
import { Clock, PermanentError } from '#kernel';
import { changedMeanwhile, notPossible, notThere, pageOf, placeIn } from '#operations';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../../archiver.config.js';
import { pinsOf } from '../../domain/pins.js';
import { ArchiverStore } from '../archiver-store.js';
import type { RetrievedCopy } from '../records.js';
import { RetrievedCopies } from '../retrieved-copies.js';
import { archiveIdOfRetrieved, fileNameOf, partFileName } from '../../domain/part-names.js';

/** Milliseconds the database may take for a page. */
const maxTimeMS = 5000;
/** Datablocks of one dataset that are asked about. */
const maxDatablocks = 10_000;
/** Milliseconds that a link is good for at most. */
const maxLink = 7 * 86_400_000;
/** Who has a copy kept that an operator said is to stay. */
const operatorsPin = { job: 'operations', group: '' };

/** A copy in the retrieval bucket. Times are ISO 8601, sizes bytes. */
export interface RetrievedView {
  /** Its name in the bucket: an archive id, or that of a part. */
  readonly id: string;
  readonly archiveId: string;
  readonly pid?: string;
  /** `recalling`: on its way. */
  readonly state: string;
  readonly bytes?: number;
  readonly expiresAt?: string;
  /** Which jobs have it kept; `operations`: an operator has. */
  readonly jobs: readonly string[];
}

export interface SignedLink {
  readonly id: string;
  readonly url: string;
  /** When the link is good no more. */
  readonly expiresAt: string;
}

/** Copies in the retrieval bucket as operators see them: they have them kept for longer, and get new links. */
@Injectable()
export class RetrievedList {
  constructor(
    private readonly store: ArchiverStore,
    private readonly copies: RetrievedCopies,
    private readonly objects: ObjectStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** In the order of their names. */
  async page(
    pid: string | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<Page<RetrievedView>> {
    const place = placeIn(after);
    const ids = pid === undefined ? undefined : await this.datablocksOf(pid);
    const rows = await this.store.retrieved
      .find(
        {
          ...(place === undefined ? {} : { _id: { $gt: place.id } }),
          // Records from before 0.8 are called as their datablock, and say nothing else.
          ...(ids === undefined ? {} : { $or: [{ archiveId: { $in: ids } }, { _id: { $in: ids } }] }),
        },
        { maxTimeMS },
      )
      .sort({ _id: 1 })
      .limit(limit + 1)
      .toArray();
    const pids =
      pid === undefined ? await this.pidsOf(rows.map((row) => row.archiveId ?? row._id)) : undefined;
    const at = new Date(0);
    return pageOf(
      rows,
      limit,
      ({ _id: id }) => ({ at, id }),
      (row) => this.viewOf(row, pid ?? pids?.get(row.archiveId ?? row._id)),
    );
  }

  /**
   * Keeps it until then at least, whatever jobs say.
   *
   * @throws PermanentError `operations.not-there`, `operations.not-possible` beyond RETRIEVED_LIFETIME_MOST,
   * `operations.changed-meanwhile` when an operator has it kept for longer already
   */
  async extend(
    id: string,
    until: Date,
    entry: string,
  ): Promise<{ readonly before?: Date; readonly after: Date }> {
    const now = this.clock.now();
    const most = new Date(now.getTime() + this.config.retrievedLifetimeMost);
    if (until > most)
      throw new PermanentError(
        notPossible,
        `Expected a time until ${most.toISOString()} at the latest (RETRIEVED_LIFETIME_MOST), found ${until.toISOString()}.`,
      );
    const found = await this.present(id);
    const { expiresAt: before } = found;
    // A job that has it kept for longer may let go of it at any time: what counts is what operators said.
    const own = pinsOf(found).find(({ job }) => job === operatorsPin.job);
    if (own !== undefined && own.until >= until)
      throw new PermanentError(
        changedMeanwhile,
        `Expected ${id} to be kept by operators to before ${until.toISOString()}, found that they have it kept until ${own.until.toISOString()} already. Nothing was changed.`,
      );
    const kept = await this.copies.pin(id, operatorsPin, now, until, entry);
    if (kept?.expiresAt === undefined) throw gone(id);
    return { ...(before === undefined ? {} : { before }), after: kept.expiresAt };
  }

  /** Whether an operator had it kept under this audit entry. */
  async keptUnder(id: string, entry: string): Promise<Date | undefined> {
    return (await this.store.retrieved.findOne({ _id: id, 'pins.entry': entry }))?.expiresAt;
  }

  /** Signed anew, for as long as it stays, and for 7 days at most. @throws PermanentError `operations.not-there` */
  async link(id: string): Promise<SignedLink> {
    const { expiresAt } = await this.present(id);
    const now = this.clock.now();
    const lifetime = Math.min(maxLink, (expiresAt ?? now).getTime() - now.getTime());
    if (lifetime <= 0) throw gone(id);
    const seconds = Math.max(1, Math.floor(lifetime / 1000));
    const url = await this.objects.presignedGet(this.config.retrievalBucket, id, seconds, {
      fileName: downloadNameOf(id),
    });
    return { id, url, expiresAt: new Date(now.getTime() + lifetime).toISOString() };
  }

  private async present(id: string): Promise<RetrievedCopy> {
    const found = await this.store.retrieved.findOne({ _id: id, state: 'present' });
    if (found === null) throw gone(id);
    return found;
  }

  private async datablocksOf(pid: string): Promise<string[]> {
    const found = this.store.datablocks.find({ pid }, { projection: { _id: 1 }, maxTimeMS });
    return (await found.sort({ _id: 1 }).limit(maxDatablocks).toArray()).map(({ _id }) => _id);
  }

  private async pidsOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = this.store.datablocks.find(
      { _id: { $in: [...ids] } },
      { projection: { pid: 1 }, maxTimeMS },
    );
    return new Map((await found.toArray()).map(({ _id, pid }) => [_id, pid]));
  }

  private viewOf(copy: RetrievedCopy, pid: string | undefined): RetrievedView {
    const { _id: id, archiveId = archiveIdOfRetrieved(id), state, bytes, expiresAt } = copy;
    const now = this.clock.now();
    const jobs = pinsOf(copy).flatMap(({ job, until }) => (job !== '' && until > now ? [job] : []));
    return {
      ...{ id, archiveId, state, jobs },
      ...(pid === undefined ? {} : { pid }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    };
  }
}

function downloadNameOf(id: string): string {
  const archiveId = archiveIdOfRetrieved(id);
  return archiveId === id
    ? fileNameOf(id)
    : partFileName(archiveId, id.slice(archiveId.length + '.parts/'.length));
}

function gone(id: string): PermanentError {
  return new PermanentError(
    notThere,
    `Expected a copy ${JSON.stringify(id).slice(0, 300)} in the retrieval bucket, found none: its time is over, or it is on its way. Retrieve the dataset.`,
  );
}

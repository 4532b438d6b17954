import { BadRequestException, ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { doiKey } from '#datacite';
import { Clock, crashPoint } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { digestOf, type DigestRow, type PublicRecord, type Withdrawal } from '#publication-feed';
import { Embargoes } from '../persistence/embargoes.js';
import { PublicStore } from '../persistence/public-store.js';
import type { StoredRecord } from '../persistence/records.js';
import { storedRecord } from '../persistence/stored-record.js';
import { isSettled, nextDatestamp } from './datestamps.js';
import { FileLists } from './file-lists.js';
import { Pictures } from './pictures.js';

export type IngestResult = 'created' | 'updated' | 'unchanged';
type Known = Pick<
  StoredRecord,
  '_id' | 'revision' | 'digest' | 'state' | 'datestamp' | 'settled' | 'arrivedAt' | 'superseded'
> & {
  readonly record?: Pick<StoredRecord['record'], 'files'>;
};

const known = {
  revision: 1,
  digest: 1,
  state: 1,
  datestamp: 1,
  settled: 1,
  arrivedAt: 1,
  superseded: 1,
  'record.files.sha256': 1,
} as const;

/**
 * Takes what the publisher sends: an older revision never replaces a newer one, the same one changes nothing, and what
 * harvesters see changes with a datestamp that no running harvest can have passed.
 */
@Injectable()
export class RecordIngest {
  constructor(
    private readonly store: PublicStore,
    private readonly lists: FileLists,
    private readonly pictures: Pictures,
    private readonly embargoes: Embargoes,
    private readonly clock: Clock,
  ) {}

  /** @throws ConflictException with the stored revision, or with the parts of the file list that are missing */
  async put(record: PublicRecord): Promise<IngestResult> {
    const digest = digestOf(record);
    for (;;) {
      const current = await this.find(record.doi);
      if (current !== null && this.isRepeated(current, record.revision, digest)) {
        await this.settle(current._id, record.revision);
        if (current.superseded !== undefined) await this.finish(record, current.superseded);
        return 'unchanged';
      }
      if (record.files !== undefined) await this.lists.hold(record.files);
      await this.pictures.put(record);
      const superseded = current === null ? undefined : supersededBy(record, current);
      const written = await this.write(record, current, superseded);
      if (!written) continue;
      crashPoint('public.after-write');
      await this.settle(doiKey(record.doi), record.revision);
      await this.finish(record, superseded);
      return current === null ? 'created' : 'updated';
    }
  }

  /** Leaves a tombstone in place of a record. */
  async withdraw(doi: string, { revision, tombstone }: Withdrawal): Promise<IngestResult> {
    const stored = await this.store.records.findOne({ _id: doiKey(doi) });
    if (stored === null)
      throw new NotFoundException(`Expected ${doi} in the public store, found nothing to withdraw.`);
    const { files: _f, tombstone: _t, ...others } = stored.record;
    return this.put({ ...others, revision, state: 'withdrawn', tombstone, pictures: [] });
  }

  async row(doi: string): Promise<DigestRow> {
    const found = await this.find(doi);
    if (found === null) throw new NotFoundException(`${doi} is not in the public store.`);
    const { revision, digest, state } = found;
    return { doi: doiKey(doi), revision, digest, state };
  }

  /** Rows in the order of their DOIs in lower case, after the given one. */
  async digest(after: string, limit: number): Promise<DigestRow[]> {
    const rows = await this.store.records
      .find({ _id: { $gt: after } }, { projection: known })
      .sort({ _id: 1 })
      .limit(limit)
      .toArray();
    return rows.map(({ _id, revision, digest, state }) => ({ doi: _id, revision, digest, state }));
  }

  /** Proves that the datestamp is not earlier than the moment the write became durable, or moves it. */
  async settle(id: string, revision: number): Promise<void> {
    for (;;) {
      const open = await this.store.records.findOne(
        { _id: id, revision, settled: false },
        { projection: { datestamp: 1 } },
      );
      if (open === null) return;
      if (isSettled(open.datestamp, this.clock.now())) {
        await this.store.records.updateOne(
          { _id: id, revision, datestamp: open.datestamp },
          { $set: { settled: true } },
        );
        return;
      }
      await this.store.records.updateOne(
        { _id: id, revision, settled: false },
        { $set: { datestamp: nextDatestamp(this.clock.now(), open.datestamp) } },
      );
    }
  }

  private find(doi: string): Promise<Known | null> {
    return this.store.records.findOne({ _id: doiKey(doi) }, { projection: known });
  }

  /** What follows from a revision once it is there; whatever of it a crash prevents is done by the repetition. */
  private async finish(record: PublicRecord, superseded: readonly string[] | undefined): Promise<void> {
    await this.pictures.removeOthers(record);
    if (record.files !== undefined) await this.lists.markUsed(record.files.sha256);
    if (superseded === undefined) return;
    for (const list of superseded) await this.lists.release(list);
    await this.store.records.updateOne(
      { _id: doiKey(record.doi), revision: record.revision },
      { $unset: { superseded: '' } },
    );
  }

  private isRepeated({ revision, digest }: Known, given: number, givenDigest: string): boolean {
    if (given > revision) return false;
    if (given === revision && digest === givenDigest) return true;
    throw new ConflictException({
      code: given < revision ? 'older' : 'different',
      revision,
      digest,
      message:
        given < revision
          ? `Expected a revision above ${revision}, found ${given}: a newer state is here already.`
          : `Expected revision ${revision} to say the same as before, found other content: send it with a higher revision.`,
    });
  }

  /** @returns false when another writer came in between */
  private async write(
    record: PublicRecord,
    current: Known | null,
    superseded: string[] | undefined,
  ): Promise<boolean> {
    const now = this.clock.now();
    const stored = storedRecord(record, now, this.embargoes.timeZone);
    const { _id, ...fields } = stored;
    // The same content under a higher revision is no change for harvesters.
    const same = current !== null && current.digest === stored.digest;
    const datestamp = same ? current.datestamp : nextDatestamp(now, current?.datestamp);
    // One that a crash left open is proven first.
    const settled = same && current.settled;
    const dates = { datestamp, settled, arrivedAt: current?.arrivedAt ?? now };
    if (current !== null) {
      const { matchedCount } = await this.store.records.replaceOne(
        { _id, revision: current.revision, digest: current.digest },
        { ...fields, ...dates, ...(superseded === undefined ? {} : { superseded }) },
      );
      return matchedCount === 1;
    }
    try {
      await this.store.records.insertOne({ _id, ...fields, ...dates });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}

/** With what an earlier revision left to do. */
function supersededBy({ files }: PublicRecord, { record, superseded = [] }: Known): string[] {
  const former = record?.files?.sha256;
  const lists = new Set(former === undefined ? superseded : [...superseded, former]);
  return [...lists].filter((list) => list !== files?.sha256);
}

/** The DOI of the address and of the body must be the same. */
export function checkSameDoi(address: string, doi: string): void {
  if (doiKey(address) !== doiKey(doi))
    throw new BadRequestException(`Expected the body to be of ${address}, found ${doi}.`);
}

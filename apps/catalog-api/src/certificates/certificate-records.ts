import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Certificate } from '#certificates';
import type { ObjectReference } from '#contracts';
import { isDuplicateKey, isThere, wholeListById } from '#persistence';
import { Catalogue } from '../persistence/catalogue.js';
import type { CertificateRecord, CertificateRefusal } from '../persistence/records.js';

/** A certificate that has arrived. */
export interface NewCertificate {
  readonly workOrderId: string;
  readonly jobId: string;
  readonly kid: string;
  readonly certificate: Certificate;
  readonly reference: ObjectReference;
}

const page = 500;

/** Which certificates there are of datasets, and why there are none: what they say lies in the control bucket. */
@Injectable()
export class CertificateRecords {
  constructor(private readonly catalogue: Catalogue) {}

  /** Once more is the same. */
  async add({ workOrderId, jobId, kid, certificate, reference }: NewCertificate): Promise<void> {
    const { pid, issuedAt, datablocks } = certificate;
    const archiveIds = digestOf(datablocks.map(({ archiveId }) => archiveId));
    await this.all.updateOne(
      { _id: workOrderId },
      {
        $setOnInsert: {
          ...{ pid, jobId, kid, issuedAt: new Date(issuedAt), reference },
          ...{ datablocks: datablocks.length, archiveIds },
        },
      },
      { upsert: true },
    );
  }

  async has(_id: string): Promise<boolean> {
    return isThere(this.all, { _id });
  }

  /** Whether there are so many that are newer. */
  async isSuperseded(pid: string, issuedAt: Date, most: number): Promise<boolean> {
    return (await this.all.countDocuments({ pid, issuedAt: { $gt: issuedAt } }, { limit: most })) === most;
  }

  /** The newest first. */
  ofDataset(pid: string, limit: number): Promise<CertificateRecord[]> {
    return this.all.find({ pid }).sort({ issuedAt: -1, _id: 1 }).limit(limit).toArray();
  }

  /** Forgets the oldest ones. @returns those that stay, the newest first */
  async keepNewest(pid: string, most: number): Promise<CertificateRecord[]> {
    const kept = await this.ofDataset(pid, most);
    const oldest = kept.at(-1);
    if (oldest !== undefined && kept.length === most)
      await this.all.deleteMany({
        ...{ pid, issuedAt: { $lte: oldest.issuedAt } },
        _id: { $nin: kept.map(({ _id }) => _id) },
      });
    return kept;
  }

  /** Whether it says of exactly those datablocks that the catalogue lists now. */
  async isCurrent({ pid, datablocks, archiveIds }: CertificateRecord): Promise<boolean> {
    const listed: string[] = [];
    const blocks = wholeListById<{ _id: string; archiveId: string }>(
      this.catalogue.datablocks,
      { datasetId: pid },
      { projection: { archiveId: 1 }, page },
    );
    for await (const { archiveId } of blocks) if (listed.push(archiveId) > datablocks) return false;
    return digestOf(listed) === archiveIds;
  }

  /** Why there was none; an older reason never takes the place of a newer one. */
  async refuse({ _id, ...refusal }: CertificateRefusal): Promise<void> {
    try {
      await this.refusals.updateOne(
        { _id, at: { $not: { $gt: refusal.at } } },
        { $set: refusal },
        { upsert: true },
      );
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }

  async refusalOf(pid: string): Promise<CertificateRefusal | undefined> {
    return (await this.refusals.findOne({ _id: pid })) ?? undefined;
  }

  /** Datasets that have any, in the order of their pids. */
  async pidsAfter(pid: string, limit: number): Promise<string[]> {
    const rows = this.all.find({ pid: { $gt: pid } }, { projection: { pid: 1 } });
    return [
      ...new Set(
        (await rows.sort({ pid: 1, issuedAt: -1, _id: 1 }).limit(limit).toArray()).map((row) => row.pid),
      ),
    ];
  }

  /** The same of those that have a reason only. */
  async refusedAfter(pid: string, limit: number): Promise<string[]> {
    const rows = this.refusals.find({ _id: { $gt: pid } }, { projection: { _id: 1 } });
    return (await rows.sort({ _id: 1 }).limit(limit).toArray()).map(({ _id }) => _id);
  }

  async forget(pids: readonly string[]): Promise<void> {
    await this.all.deleteMany({ pid: { $in: [...pids] } });
    await this.refusals.deleteMany({ _id: { $in: [...pids] } });
  }

  private get all() {
    return this.catalogue.certificates;
  }

  private get refusals() {
    return this.catalogue.certificateRefusals;
  }
}

/** The same for the same datablocks, in whichever order. */
function digestOf(archiveIds: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([...archiveIds].sort()))
    .digest('hex');
}

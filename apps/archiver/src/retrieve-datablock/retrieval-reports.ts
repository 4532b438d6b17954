import { Inject, Injectable } from '@nestjs/common';
import { datablockRetrievedV1, type RetrieveDatablockV1 } from '#contracts';
import { Clock } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import type { StoredDatablock } from '../persistence/records.js';
import type { Arrival, Asker, Retrieval } from '../persistence/retrieved-copies.js';
import { fileNameOf } from '../domain/part-names.js';
import { RecallLock } from './recall-lock.js';

/** What lies in the retrieval bucket. */
export interface Retrieved extends Retrieval, Arrival {
  /** What it is called when it is downloaded. */
  readonly fileName: string;
  /** Of a part: how many files are in it. */
  readonly files?: number;
}

export function wholeOf({ _id, packedSize, sha256 }: StoredDatablock): Retrieved {
  return { name: _id, archiveId: _id, bytes: packedSize, sha256, fileName: fileNameOf(_id) };
}

/** For whom an order retrieves; one of job-assembler from before 0.8 does not name the group. */
export function askerOf({
  workOrderId: order,
  jobId: job,
  group = '',
  together,
}: Pick<RetrieveDatablockV1, 'workOrderId' | 'jobId' | 'group' | 'together'>): Asker {
  return { order, job, group, ...(together === undefined ? {} : { together }) };
}

/**
 * Who has a whole datablock kept while a part is made of it: the order, not its job, which never gets it. So a pin that the job
 * has is not touched when the order lets go of its own.
 */
export function readerOf(order: Parameters<typeof askerOf>[0]): Asker {
  const { workOrderId, group = '' } = order;
  return { order: workOrderId, job: workOrderId, group };
}

/** What is told of a datablock, or a part of one, that lies in the retrieval bucket, whoever brought it there. */
@Injectable()
export class RetrievalReports {
  constructor(
    private readonly objects: ObjectStore,
    private readonly lock: RecallLock,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /**
   * What is there; from now on it stays for a while.
   *
   * @param asker for whom
   * @param known what it must be, as far as that is known
   */
  present(
    { name, ...known }: { readonly name: string } & Partial<Arrival> & Pick<Retrieval, 'beside'>,
    asker: Asker,
  ): Promise<Arrival | undefined> {
    const { retrievalBucket } = this.config;
    const isThere = async (bytes: number): Promise<boolean> =>
      (await this.objects.head(retrievalBucket, name))?.size === bytes;
    return this.lock.present(name, asker, known, isThere);
  }

  /** With a link that is good for as long as the copy stays. */
  async report(
    order: Omit<RetrieveDatablockV1, 'targets' | 'selection'>,
    { name, bytes: packedSize, sha256, fileName, files }: Retrieved,
  ): Promise<OutboxRow<'archival.datablock-retrieved.v1'>> {
    const { workOrderId, jobId, pid, archiveId } = order;
    const lifetime = this.config.retrievedLifetime;
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + lifetime);
    await this.lock.keepUntil(name, askerOf(order), expiresAt);
    const url = await this.link(name, fileName, lifetime);
    const ofPart = files === undefined ? {} : { files, name: fileName };
    return eventRow(
      datablockRetrievedV1,
      {
        ...{ workOrderId, jobId, pid, archiveId, packedSize, sha256, url },
        ...{ expiresAt: expiresAt.toISOString(), ...ofPart },
      },
      now,
    );
  }

  /** @param lifetime milliseconds */
  link(name: string, fileName: string, lifetime: number): Promise<string> {
    const seconds = Math.max(1, Math.floor(lifetime / 1000));
    return this.objects.presignedGet(this.config.retrievalBucket, name, seconds, { fileName });
  }
}

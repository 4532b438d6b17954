import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { Command } from '../persistence/records.js';
import { RetrievedCopies } from '../persistence/retrieved-copies.js';
import { RoomWaits } from '../persistence/room-waits.js';
import { fileNameOf, partFileName, partName } from '../domain/part-names.js';

type Bringing = Extract<Command, { readonly kind: 'retrieve' | 'take' }>;

/** What a work order brings into the retrieval bucket for its job. */
export interface Brought {
  readonly archiveId: string;
  /** In the bucket. */
  readonly name: string;
  readonly fileName: string;
}

/** Knows under which names a work order has copies kept, has them kept for longer, and lets go of them: of a cancelled order, and of a job that is over. */
@Injectable()
export class BroughtCopies {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly copies: RetrievedCopies,
    private readonly waits: RoomWaits,
    private readonly objects: ObjectStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** Of an adopted datablock a tar of Catena's format is made, which is a part with all files (`PartRecall`). */
  async of({ kind, data }: Bringing): Promise<Brought> {
    const { archiveId } = data;
    const selection = kind === 'retrieve' ? data.selection : undefined;
    if (selection !== undefined) return partOf(archiveId, selection.list.sha256);
    const whole = { archiveId, name: archiveId, fileName: fileNameOf(archiveId) };
    if (kind === 'take') return whole;
    const { adopted, manifest } = (await this.datablocks.found(archiveId)) ?? {};
    if (adopted === undefined || manifest === undefined) return whole;
    return { ...whole, name: partName(archiveId, manifest.sha256) };
  }

  /**
   * Keeps what is there for the job for longer.
   *
   * @param number of the request for it
   * @returns until when; undefined where the job has nothing any more
   */
  async extend({ name }: Brought, jobId: string, number: number): Promise<Date | undefined> {
    const now = this.clock.now();
    const { retrievedLifetime, retrievedLifetimeMost, retrievalBucket } = this.config;
    const wanted = new Date(now.getTime() + retrievedLifetime);
    const until = await this.copies.extend(name, jobId, now, wanted, retrievedLifetimeMost, number);
    const seen = await this.copies.seen(name);
    if (until === undefined || (await this.objects.head(retrievalBucket, name)) !== undefined) return until;
    if (seen !== undefined) await this.copies.missing(seen);
    return undefined;
  }

  /**
   * Lets go of all that the order has kept for its job, and of its place in the queue for room. Can be repeated.
   *
   * @param number of the request for it; absent: whatever was asked before
   * @returns whether the job had the copy kept
   */
  async letGo(command: Bringing, number?: number): Promise<boolean> {
    const { workOrderId, jobId } = command.data;
    const { archiveId, name } = await this.of(command);
    const now = this.clock.now();
    await this.waits.leave(workOrderId);
    // The whole datablock, while a part is made of it.
    if (name !== archiveId)
      for (const keeper of [workOrderId, jobId]) await this.copies.unpin(archiveId, keeper, now, number);
    return this.copies.unpin(name, jobId, now, number);
  }
}

function partOf(archiveId: string, selection: string): Brought {
  return {
    archiveId,
    name: partName(archiveId, selection),
    fileName: partFileName(archiveId, selection),
  };
}

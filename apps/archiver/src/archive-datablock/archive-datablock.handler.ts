import { Injectable } from '@nestjs/common';
import { datablockArchivedV1, type ArchiveDatablockV1, type archiveDatablockV1 } from '#contracts';
import { Clock, PermanentError } from '#kernel';
import { eventRow, type AnswerRow } from '#outbox';
import { refuseForeign, refuseForeignName } from '../domain/own-datablock.js';
import type { WorkContext } from '../domain/work.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredDatablock } from '../persistence/records.js';
import { isDamaged } from '../persistence/stored-copies.js';
import { MissingCopies } from './missing-copies.js';
import { NewDatablock } from './new-datablock.js';

/**
 * Packs, stores, reads back, compares, and only then says "archived". Safe to repeat from any point: names are
 * deterministic, a finished tar under its name is verified instead of written again, and unverified means unreported.
 */
@Injectable()
export class ArchiveDatablockHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly fresh: NewDatablock,
    private readonly missing: MissingCopies,
    private readonly clock: Clock,
  ) {}

  async handle(
    order: ArchiveDatablockV1,
    context: WorkContext,
  ): Promise<AnswerRow<typeof archiveDatablockV1>> {
    // Orders from before 0.2 have names of then: what was verified under one is reported, nothing new is made.
    const known = await this.datablocks.verified(order.archiveId);
    if (known === undefined) refuseForeignName(order);
    else refuseForeign(known, order);
    if (known === undefined) return this.report(order, await this.fresh.make(order, context));
    refuseDamaged(known);
    const stored = await this.missing.make(known, order, context);
    // What others were made from was read for it, and may have been found bad.
    refuseDamaged(stored);
    return this.report(order, stored);
  }

  private report(
    { workOrderId, jobId, pid, archiveId }: ArchiveDatablockV1,
    stored: StoredDatablock,
  ): AnswerRow<typeof archiveDatablockV1> {
    const { size, packedSize, fileCount, sha256, manifest } = stored;
    return eventRow(
      datablockArchivedV1,
      {
        workOrderId,
        jobId,
        pid,
        archiveId,
        size,
        packedSize,
        fileCount,
        sha256,
        copies: stored.copies.length,
        manifest,
        ...targetsOf(stored),
        ...(stored.placement === undefined ? {} : { placement: stored.placement }),
      },
      this.clock.now(),
    );
  }
}

function refuseDamaged({ _id, copies }: StoredDatablock): void {
  const bad = copies.filter(isDamaged).map(({ share }) => share);
  if (bad.length > 0)
    throw new PermanentError(
      'archiver.copy-damaged',
      `Expected good copies of ${_id}, which was archived before, found that the one on ${bad.join(', ')} was damaged since. Post a job of type repair for the dataset, then post this job again.`,
      { details: { archiveId: _id } },
    );
}

/** Where copies lie, where their storages have names of ROUTES_FILE: items of LTS_ROOTS are nobody else's business. */
function targetsOf({ copies }: StoredDatablock): { targets?: string[] } {
  const names = copies.map(({ share }) => share);
  return names.every((name) => /^[a-z0-9-]{1,40}$/.test(name)) ? { targets: names } : {};
}

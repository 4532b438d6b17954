import { Inject, Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import {
  datasetResetRefusedV1,
  datasetResetV1,
  type DatasetResetPreparedV1,
  type ResetLine,
} from '#contracts';
import { Clock, crashPoint, PermanentError, stillMoving, TransientError } from '#kernel';
import { eventRow } from '#outbox';
import { lifecycleSteps, reportedDatablocks } from '#scicat-words';
import type { Lease } from '../domain/lease.js';
import type { BridgePart } from '../persistence/records.js';
import { BridgeParts } from '../persistence/bridge-parts.js';
import { Scicat } from '../scicat/scicat.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';
import { DatasetWords } from './dataset-words.js';

/** Takes the datablocks of a dataset off SciCat's list, those only that the reset was planned for and that the bridge listed itself. */
@Injectable()
export class DatasetResets {
  constructor(
    private readonly scicat: Scicat,
    private readonly parts: BridgeParts,
    private readonly words: DatasetWords,
    private readonly claimChecks: ClaimChecks,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
  ) {}

  async reset(part: BridgePart, report: DatasetResetPreparedV1, lease: Lease): Promise<void> {
    const { jobId, pid } = part;
    if (part.verdict === undefined) {
      try {
        await this.compare(part, report);
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        return this.refuse(part, error);
      }
    }
    crashPoint('bridge.before-reset');
    // Of two that came to different ends the first one counts.
    if ((await this.parts.decide(part, 'reset')) !== 'reset') return;
    const ours: string[] = [];
    for await (const { id, createdBy } of this.scicat.datablocksOf(pid))
      if (createdBy === this.config.scicat.username) ours.push(id);
    for (const id of ours) {
      lease.mustHold();
      await this.scicat.deleteDatablock(pid, id);
      crashPoint('bridge.between-deletions');
      stillMoving();
    }
    await this.lookThrough(part);
    crashPoint('bridge.after-reset');
    // SciCat keeps what a change does not name.
    const words = { ...lifecycleSteps.reset.change, archiveReturnMessage: {}, retrieveReturnMessage: {} };
    await this.words.tell(part, words, lease);
    await this.parts.end(part, [eventRow(datasetResetV1, { jobId, pid }, this.clock.now())]);
  }

  /** What was deleted is gone: an answer without a body may be that of something in front of SciCat. */
  private async lookThrough({ pid, jobId }: BridgePart): Promise<void> {
    for await (const { archiveId, createdBy } of this.scicat.datablocksOf(pid)) {
      stillMoving();
      if (createdBy === this.config.scicat.username)
        throw new TransientError(
          'bridge.datablocks-left',
          `Expected SciCat to list no datablock of ${pid} any more, which job ${jobId} resets, found ${archiveId}: deleting again.`,
        );
    }
  }

  /** @throws PermanentError when these datablocks are not those of the dataset, whatever is tried */
  private async compare({ pid }: BridgePart, report: DatasetResetPreparedV1): Promise<void> {
    const lines = await reportedDatablocks<ResetLine>(this.claimChecks, report);
    const planned = new Set(lines.map(({ archiveId }) => archiveId));
    const unlisted = new Set(planned);
    for await (const { archiveId, createdBy } of this.scicat.datablocksOf(pid)) {
      stillMoving();
      unlisted.delete(archiveId);
      if (createdBy !== this.config.scicat.username)
        throw new PermanentError(
          'catalog.datablocks-foreign',
          `Expected Catena's own datablocks of ${pid}, found ${archiveId}, which ${createdBy ?? 'another program'} listed: have the system that keeps it reset the dataset.`,
          { details: { pid, archiveId } },
        );
      if (!planned.has(archiveId))
        throw new PermanentError(
          'catalog.datablocks-differ',
          `Expected the datablocks of ${pid} that the reset was planned for, found ${archiveId} as well: post the job again.`,
          { details: { pid, archiveId } },
        );
    }
    const [first] = unlisted;
    // An account that has lost its rights sees an empty list, too: nothing goes to where nobody looks for it.
    if (first !== undefined) throw unseen(pid, first, 'listed, as the reset was planned for it');
  }

  /** The job fails, and the report about that ends the part. */
  private async refuse(part: BridgePart, { code, message }: PermanentError): Promise<void> {
    const { jobId, pid } = part;
    const said = { jobId, pid, code, message: message.slice(0, 2000) };
    await this.parts.decide(part, 'refused', [eventRow(datasetResetRefusedV1, said, this.clock.now())]);
  }
}

function unseen(pid: string, archiveId: string, expected: string): TransientError {
  return new TransientError(
    'bridge.datablocks-unseen',
    `Expected datablock ${archiveId} of ${pid} to be ${expected}, found that SciCat shows otherwise to the account of the bridge: look at its rights (ADMIN_GROUPS, DELETE_GROUPS).`,
  );
}

import { Inject, Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import {
  datasetRegisteredV1,
  datasetRegistrationRefusedV1,
  type DatablockLine,
  type DatasetArchivedV1,
} from '#contracts';
import { parseManifest } from '#datablock';
import { Clock, crashPoint, PermanentError, stillMoving, TransientError } from '#kernel';
import { eventRow } from '#outbox';
import {
  lifecycleSteps,
  membersOf,
  refuseDifference,
  reportedDatablocks,
  type FileOfDataset,
} from '#scicat-words';
import type { Lease } from '../domain/lease.js';
import type { BridgePart } from '../persistence/records.js';
import { BridgeParts } from '../persistence/bridge-parts.js';
import { Scicat, type NewDatablock, type ScicatDataset } from '../scicat/scicat.js';
import { datablockBody } from '../scicat/scicat-datablocks.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';
import { DatasetWords } from './dataset-words.js';

/**
 * Has SciCat list verified datablocks, each once: SciCat knows no repetition, so the bridge looks for a datablock's archive id before it
 * posts it. Then SciCat says that the dataset is retrievable, and the originals may be released. What can be found wrong is found before
 * the first datablock is listed.
 */
@Injectable()
export class DatablockRegistration {
  constructor(
    private readonly scicat: Scicat,
    private readonly parts: BridgeParts,
    private readonly words: DatasetWords,
    private readonly claimChecks: ClaimChecks,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
  ) {}

  /** Ends with datablocks that are listed, or with a refusal that makes the job fail. */
  async register(part: BridgePart, report: DatasetArchivedV1, lease: Lease): Promise<void> {
    let lines: DatablockLine[];
    try {
      lines = await reportedDatablocks<DatablockLine>(this.claimChecks, report);
      if (part.verdict === undefined) await this.check(part, lines);
    } catch (error) {
      // What was decided stands: without its list it waits, and operators see why.
      if (!(error instanceof PermanentError) || part.verdict !== undefined) throw error;
      return this.refuse(part, error);
    }
    crashPoint('bridge.before-registration');
    // Of two that came to different ends the first one counts.
    if ((await this.parts.decide(part, 'registered')) !== 'registered') return;
    try {
      for (const line of lines)
        if (!(await this.listOne(part, line, lease))) return await this.overrule(part, datasetGone(part));
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      return this.giveUp(part, lines, { error, lease });
    }
    await this.lookThrough(part, lines);
    crashPoint('bridge.after-registration');
    if (!(await this.words.tell(part, lifecycleSteps.archived.change, lease)))
      return this.overrule(part, datasetGone(part));
    const { jobId, pid } = part;
    await this.parts.end(part, [eventRow(datasetRegisteredV1, { jobId, pid }, this.clock.now())]);
  }

  /** @throws PermanentError when these datablocks cannot be listed, whatever is tried */
  private async check({ jobId, pid }: BridgePart, lines: readonly DatablockLine[]): Promise<void> {
    const dataset = await this.scicat.dataset(pid);
    if (dataset === undefined) throw datasetGone({ jobId, pid });
    await refuseDifference(pid, this.listedFiles(dataset), () => membersOf(this.claimChecks, lines));
    for (const line of lines) {
      datablockBody(await this.datablockOf(line), this.config.scicat.maxBody);
      const found = await this.scicat.datablock(line.archiveId);
      if (found !== undefined && !isSame(found, pid, line)) throw archiveIdTaken(pid, line.archiveId);
      stillMoving();
    }
  }

  /** @returns false when the dataset is gone */
  private async listOne({ pid }: BridgePart, line: DatablockLine, lease: Lease): Promise<boolean> {
    const found = await this.scicat.datablock(line.archiveId);
    stillMoving();
    if (found !== undefined) {
      if (isSame(found, pid, line)) return true;
      throw new TransientError(
        'bridge.archive-id-taken',
        `Expected to list ${line.archiveId} of dataset ${pid}, found that another program has listed one of that name meanwhile: remove it, then the job goes on.`,
      );
    }
    const datablock = await this.datablockOf(line);
    lease.mustHold();
    crashPoint('bridge.before-datablock');
    const outcome = await this.scicat.createDatablock(pid, datablock);
    crashPoint('bridge.after-datablock');
    stillMoving();
    if (outcome === 'missing') return false;
    // Between the look and the post: whose it is, the next look finds.
    if (outcome === 'taken')
      throw new TransientError(
        'bridge.archive-id-taken',
        `SciCat has a datablock ${line.archiveId} already, which it did not show a moment before: looking again.`,
      );
    return true;
  }

  /** Each once, and all of them: nothing may be released for a datablock that nobody finds. */
  private async lookThrough({ pid, jobId }: BridgePart, lines: readonly DatablockLine[]): Promise<void> {
    const missing = new Set(lines.map(({ archiveId }) => archiveId));
    for await (const { archiveId } of this.scicat.datablocksOf(pid)) {
      missing.delete(archiveId);
      stillMoving();
    }
    const [first] = missing;
    if (first !== undefined)
      throw new TransientError(
        'bridge.datablocks-missing',
        `Expected SciCat to list the ${lines.length} datablocks of ${pid} that job ${jobId} made, found ${missing.size} of them missing, ${first} among them: listing them again.`,
      );
  }

  private async datablockOf(line: DatablockLine): Promise<NewDatablock> {
    const manifest = parseManifest((await this.claimChecks.read(line.manifest)).toString('utf8'));
    return {
      ...{ archiveId: line.archiveId, size: line.size, packedSize: line.packedSize },
      ...{ chkAlg: 'sha256', version: '1.0' },
      dataFileList: manifest.members.map(({ path, size, modifiedAt, sha256 }) => ({
        ...{ path, size, time: modifiedAt.toISOString(), chk: sha256 },
      })),
    };
  }

  private async *listedFiles({ pid, sourceFolder }: ScicatDataset): AsyncGenerator<FileOfDataset> {
    for await (const files of this.scicat.originals(pid, sourceFolder)) {
      yield* files;
      stillMoving();
    }
  }

  /** Nothing that comes again would change it: the job fails, and the report about that ends the part. */
  private async refuse(part: BridgePart, error: PermanentError): Promise<void> {
    await this.parts.decide(part, 'refused', [this.refusal(part, error)]);
  }

  private async overrule(part: BridgePart, error: PermanentError): Promise<void> {
    await this.parts.overrule(part, [this.refusal(part, error)]);
  }

  /** SciCat refuses one of them for good: those that it took go again, before the job fails. */
  private async giveUp(
    part: BridgePart,
    lines: readonly DatablockLine[],
    { error, lease }: { readonly error: PermanentError; readonly lease: Lease },
  ): Promise<void> {
    for (const line of lines) {
      const found = await this.scicat.datablock(line.archiveId);
      stillMoving();
      if (found === undefined || !isSame(found, part.pid, line)) continue;
      lease.mustHold();
      await this.scicat.deleteDatablock(part.pid, found.id);
    }
    await this.overrule(part, error);
  }

  private refusal({ jobId, pid }: BridgePart, { code, message }: PermanentError) {
    const said = { jobId, pid, code, message: message.slice(0, 2000) };
    return eventRow(datasetRegistrationRefusedV1, said, this.clock.now());
  }
}

function isSame(
  found: { readonly datasetId: string; readonly size: number; readonly packedSize: number },
  pid: string,
  { size, packedSize }: DatablockLine,
): boolean {
  return found.datasetId === pid && found.size === size && found.packedSize === packedSize;
}

function archiveIdTaken(pid: string, archiveId: string): PermanentError {
  return new PermanentError(
    'catalog.archive-id-taken',
    `Expected to list ${archiveId} of dataset ${pid}, found a datablock of that name in SciCat, which Catena did not make: remove it, then post the job again.`,
    { details: { pid, archiveId } },
  );
}

function datasetGone({ jobId, pid }: Pick<BridgePart, 'jobId' | 'pid'>): PermanentError {
  return new PermanentError(
    'catalog.dataset-missing',
    `Expected dataset ${pid} of job ${jobId} in SciCat, found that it was deleted there while the job ran: its datablocks cannot be listed and are discarded.`,
  );
}

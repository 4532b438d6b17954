import { Inject, Injectable } from '@nestjs/common';
import { CatenaError, Clock, codeOf, isRetriable, messageOf, safeRelativePath } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { SharesToken } from '../archiver.config.js';
import { CatalogueWord, type ListedDatablock } from '../catalog/catalogue-word.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import { Datablocks, type FoundDatablock } from '../persistence/datablocks.js';
import type { WantedAdoption } from '../persistence/adoptions.js';
import type { Adoption, AdoptionOutcome, StoredDatablock } from '../persistence/records.js';
import { isNamedByCatena } from '../domain/own-datablock.js';
import { notAdoptable, readEarlierTar, type ReadTar } from './earlier-tar.js';

/** Bytes of an archive id: keys of objects have 1024, and parts of datablocks are named after it. */
const maxIdBytes = 900;

export interface Adopted {
  readonly outcome: AdoptionOutcome;
  /** Bytes that were read. */
  readonly bytes: number;
  readonly problem?: { readonly code: string; readonly message: string };
}

/** Told how many bytes of a file were read. */
export type Shown = (bytes: number) => void;

/**
 * Takes over one datablock of an earlier system: its file lies under its archive id on a target, is read whole, held against what the
 * catalogue lists of it, and recorded as one of ours from then on. Nothing on the target is changed.
 */
@Injectable()
export class AdoptDatablock {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly catalogue: CatalogueWord,
    private readonly lists: DatablockLists,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {}

  /** @throws TransientError for what passes: a target or a catalogue that is away */
  async adopt(
    listed: ListedDatablock,
    run: WantedAdoption,
    signal: AbortSignal,
    shown: Shown = () => undefined,
  ): Promise<Adopted> {
    let bytes = 0;
    try {
      const known = await this.datablocks.found(listed.archiveId);
      if (known !== undefined && !(await this.isWorthReading(known, run.target)))
        return { outcome: outcomeOf(known, listed), bytes };
      const share = this.assertAdoptable(listed, run);
      const size = (await share.stat(listed.archiveId))?.size;
      if (size === undefined && known !== undefined) return { outcome: 'known', bytes };
      if (size === undefined) throw notAdoptable(`a file ${listed.archiveId} on ${share.name}`, 'none');
      if (!run.apply) return { outcome: 'adoptable', bytes };
      const read = await this.read(listed, share, signal, (now) => shown((bytes = now)));
      if (read.checkedBy === 'sizes' && run.withoutChecksums !== true)
        throw notAdoptable(
          'a checksum for each file in the catalogue',
          'sizes only: run it with withoutChecksums if you trust whoever registered them',
        );
      await this.record(listed, share, read, known, run);
      return { outcome: 'adopted', bytes };
    } catch (error) {
      if (signal.aborted || isRetriable(error) || !(error instanceof CatenaError)) throw error;
      const problem = { code: codeOf(error, 'archiver.not-adoptable'), message: messageOf(error) };
      return { outcome: 'refused', bytes, problem };
    }
  }

  /** Before anything is read. */
  private assertAdoptable(
    { archiveId, datasetId, createdAt, updatedAt }: ListedDatablock,
    { target, createdBefore }: Pick<Adoption, 'target' | 'createdBefore'>,
  ): LongTermStorage {
    safeRelativePath(archiveId);
    // Names in the retrieval bucket are made of it.
    if (Buffer.byteLength(archiveId) > maxIdBytes)
      throw notAdoptable(`an archive id of at most ${maxIdBytes} bytes`, `${Buffer.byteLength(archiveId)}`);
    // Anybody who may register datablocks may give one the name of a tar that Catena made for others.
    if (isNamedByCatena(archiveId))
      throw notAdoptable('an archive id of an earlier system', `one that Catena gives: ${archiveId}`);
    // What a record says may be younger than the record.
    const isOlder = [createdAt, updatedAt].every(
      (time) => createdBefore === undefined || new Date(time ?? Number.NaN) < createdBefore,
    );
    if (createdBefore !== undefined && !isOlder)
      throw notAdoptable(
        `a datablock of ${datasetId} that was registered, and changed last, before ${createdBefore.toISOString()}`,
        `one of ${createdAt ?? 'no time'}, changed ${updatedAt ?? 'at no time'}`,
      );
    const share = this.shares.find(({ name }) => name === target);
    if (share === undefined) throw notAdoptable('a target of this archiver', target);
    return share;
  }

  private async read(
    listed: ListedDatablock,
    share: LongTermStorage,
    signal: AbortSignal,
    shown: Shown,
  ): Promise<ReadTar> {
    const found = await this.catalogue.filesIn(listed);
    if (found?.dataFileList === undefined)
      throw notAdoptable(`a list of files of ${listed.archiveId} in the catalogue`, 'none');
    const { dataFileList: files, chkAlg, sourceFolder } = found;
    const stream = await share.read(listed.archiveId, { fresh: true, signal });
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      let bytes = 0;
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        signal.throwIfAborted();
        shown((bytes += chunk.length));
        yield chunk;
      }
    };
    return readEarlierTar(counted(), {
      files,
      ...(chkAlg === undefined ? {} : { chkAlg }),
      ...(sourceFolder === undefined ? {} : { sourceFolder }),
    });
  }

  private async record(
    { archiveId, datasetId: pid }: ListedDatablock,
    share: LongTermStorage,
    { members, sha256, packedSize, checkedBy }: ReadTar,
    known: FoundDatablock | undefined,
    { by, reason }: Pick<Adoption, 'by' | 'reason'>,
  ): Promise<void> {
    const at = this.clock.now();
    const copy = { share: share.name, verifiedAt: at };
    if (known !== undefined && known.sha256 !== sha256)
      throw notAdoptable(`the same bytes as in its other copies (SHA-256 ${known.sha256})`, sha256);
    const manifest = await this.lists.keepAdopted(archiveId, { identity: { archiveId, pid }, members });
    if (known !== undefined) {
      if (isMissingAt(known, share.name)) await this.datablocks.copyMade(archiveId, copy);
      if (known.manifest?.key !== manifest.key) await this.lists.dropAdopted(manifest);
      return;
    }
    const datablock: Parameters<Datablocks['adopt']>[0] = {
      ...{ _id: archiveId, pid, jobId: archiveId.split('/').at(-2) ?? 'adopted' },
      ...{ filesSha256: manifest.sha256, fileCount: members.length, packedSize, sha256, manifest },
      size: members.reduce((sum, member) => sum + member.size, 0),
      copies: [copy],
      state: 'verified',
      adopted: { at, by, reason, checkedBy },
    };
    if (await this.datablocks.adopt(datablock)) return;
    const other = await this.datablocks.found(archiveId);
    if (other?.manifest?.key !== manifest.key) await this.lists.dropAdopted(manifest);
    throw notAdoptable(`no record of ${archiveId}`, 'one that was made meanwhile: run it again');
  }

  /** One of ours that has no copy there, for an earlier system may have made one; or whose manifest was lost. */
  private async isWorthReading(known: FoundDatablock, target: string): Promise<boolean> {
    if (known.state !== 'verified' || known.adopted === undefined) return false;
    return isMissingAt(known, target) || !(await this.lists.isThere(known.manifest!));
  }
}

function isMissingAt({ copies }: FoundDatablock, target: string): boolean {
  return copies?.some(({ share }) => share === target) === false;
}

function outcomeOf(
  { pid, state }: Pick<StoredDatablock, 'pid' | 'state'> | FoundDatablock,
  listed: ListedDatablock,
): AdoptionOutcome {
  if (pid === listed.datasetId && state === 'verified') return 'known';
  throw notAdoptable(
    `a datablock of ${listed.datasetId}`,
    state === 'verified' ? `one of ${pid} under this archive id` : 'one that was discarded',
  );
}

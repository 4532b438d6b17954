import { storedTime } from '../domain/iso-date.js';
import { Injectable } from '@nestjs/common';
import { CatenaError, formerPidName, isDirectoryEntry, safeRelativePath } from '#kernel';
import { wholeListById } from '#persistence';
import type { FileLine } from '#publication-feed';
import { Catalogue } from '../persistence/catalogue.js';
import { withoutWords } from '../persistence/own-fields.js';
import type { DataFile, DatablockRecord, OrigDatablockRecord } from '../persistence/records.js';

/** Blocks a look: one may list 50 000 files. */
const blockPage = 2;

type Block = OrigDatablockRecord | DatablockRecord;

/** The public file list of a publication, in an order that stays the same as long as the catalogue does. */
@Injectable()
export class PublicationFiles {
  constructor(private readonly catalogue: Catalogue) {}

  /** What was archived is listed from its datablocks, with checksums; what was not, from its original ones. */
  async *lines(pids: readonly string[]): AsyncGenerator<FileLine> {
    // A record may name a dataset twice; a path may not come twice.
    const single = new Set(pids);
    const folders = new Set<string>();
    for (const pid of single) {
      const prefix = single.size === 1 ? '' : `${folderOf(pid, folders)}/`;
      const archived =
        (await this.catalogue.datablocks.findOne({ datasetId: pid }, { projection: { _id: 1 } })) !== null;
      const seen = new Set<string>();
      const blocks = archived ? this.catalogue.datablocks : this.catalogue.origDatablocks;
      for await (const block of wholeListById<Block>(
        blocks,
        { datasetId: pid },
        { projection: withoutWords, page: blockPage },
      ))
        yield* linesOf(block, prefix, seen);
    }
  }
}

/** Made for people, who unpack it anywhere: two that are alike without case are told apart by what follows. */
function folderOf(pid: string, taken: Set<string>): string {
  let name = formerPidName(pid);
  while (taken.has(name.toLowerCase())) name += '_';
  taken.add(name.toLowerCase());
  return name;
}

function* linesOf(block: Block, prefix: string, seen: Set<string>): Generator<FileLine> {
  const { datasetId: pid, dataFileList, chkAlg } = block;
  const archiveId = 'archiveId' in block ? block.archiveId : undefined;
  for (const file of dataFileList ?? []) {
    const path = publicPath(file);
    // A dataset that was archived twice lists its files twice.
    if (path === undefined || seen.has(path)) continue;
    seen.add(path);
    const time = storedTime(file.time);
    yield {
      path: prefix + path,
      size: file.size,
      time: (Number.isNaN(time.getTime()) ? new Date(0) : time).toISOString(),
      ...sha256Field(file, chkAlg),
      pid,
      ...(archiveId === undefined ? {} : { archiveId, member: file.path }),
    };
  }
}

/** Ingestors write absolute paths too; what cannot be made relative and safe is not shown, nor are directories. */
function publicPath({ path, size, perm }: DataFile): string | undefined {
  if (isDirectoryEntry({ perm })) return undefined;
  if (typeof path !== 'string' || !Number.isSafeInteger(size) || size < 0) return undefined;
  try {
    return safeRelativePath(path.replace(/^(?:\.?\/+)+/, ''));
  } catch (error) {
    if (error instanceof CatenaError) return undefined;
    throw error;
  }
}

function sha256Field({ chk }: DataFile, algorithm: string | undefined): { sha256?: string } {
  const isSha256 = /^sha-?256$/i.test(algorithm ?? '') && /^[0-9a-f]{64}$/i.test(chk ?? '');
  return isSha256 ? { sha256: chk!.toLowerCase() } : {};
}

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { RetrieveDatablockV1, Selection, SelectionLine } from '#contracts';
import {
  manifestToJson,
  maxGapBytes,
  partOf,
  planPart,
  readManifest,
  type ByteRange,
  type DatablockManifest,
  type DatablockPart,
} from '#datablock';
import { codeOf, crashPoint, isAway, messageOf, PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { type Logger, LOGGER } from '#observability';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import type { StoredDatablock } from '../persistence/records.js';
import type { Arrival } from '../persistence/retrieved-copies.js';
import { BestCopy } from './best-copy.js';
import { begun } from './checked-bytes.js';
import { fileNameOf, partFileName, partName } from '../domain/part-names.js';
import { RecallLock } from './recall-lock.js';
import { askerOf, readerOf, RetrievalReports, wholeOf, type Retrieved } from './retrieval-reports.js';

type PartOrder = RetrieveDatablockV1 & {
  /** Absent: all files of a datablock whose tar an earlier system made, as one of Catena's format. */
  readonly selection?: Selection;
};
type Read = (range: ByteRange) => Promise<AsyncIterable<Uint8Array>>;

/** Where a part is read from. */
interface Source {
  /** What people call it. */
  readonly place: string;
  readonly read: Read;
  /** Bytes between two wanted files that are read through. */
  readonly maxGap: number;
}

/** Why the kept manifest cannot be had: it goes with the order that archived (docs/operations.md). The tar has its own. */
const manifestGone = new Set([
  'storage.reference-lost',
  'storage.not-yet-there',
  'storage.reference-damaged',
]);

/** What reading says of a copy whose bytes are not those that were archived. */
const wrongBytes = new Set([
  'datablock.verification-failed',
  'datablock.manifest-invalid',
  'long-term-storage.range-invalid',
]);

/**
 * Recalls some files of a datablock: reads their bytes alone, compares each file with its checksum, and stores them as a small
 * datablock. Who wants the same files meanwhile, or later, shares it.
 */
@Injectable()
export class PartRecall {
  constructor(
    private readonly lists: DatablockLists,
    private readonly copies: BestCopy,
    private readonly objects: ObjectStore,
    private readonly lock: RecallLock,
    private readonly reports: RetrievalReports,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws PermanentError `archiver.selection-refused`, and as {@link BestCopy.read} */
  async obtain(datablock: StoredDatablock, order: PartOrder, context: WorkContext): Promise<Retrieved> {
    const there = await this.present(datablock, order);
    if (there !== undefined) return there;
    const { archiveId } = order;
    const name = partName(archiveId, selectionOf(datablock, order));
    const bytes = partSizeOf(datablock, order);
    const arrival = await this.lock.recall({ name, archiveId, bytes }, askerOf(order), context, (held) =>
      this.recall(name, datablock, order, held),
    );
    return retrievedOf(arrival, datablock, order);
  }

  /** What of it is in the bucket already, kept for the job from now on. */
  async present(datablock: StoredDatablock, order: PartOrder): Promise<Retrieved | undefined> {
    const name = partName(order.archiveId, selectionOf(datablock, order));
    const arrival = await this.reports.present({ name }, askerOf(order));
    return arrival === undefined ? undefined : retrievedOf(arrival, datablock, order);
  }

  private async recall(
    name: string,
    datablock: StoredDatablock,
    order: PartOrder,
    context: WorkContext,
  ): Promise<Arrival> {
    const { _id } = datablock;
    const manifest = await this.manifestOf(datablock, order, context);
    const paths =
      order.selection === undefined
        ? new Set(manifest.members.map(({ path }) => path))
        : await this.pathsOf(order.archiveId, order.selection);
    const part = planOf(manifest, paths, order, selectionOf(datablock, order));
    this.logger.info(
      { archiveId: _id, files: paths.size, bytes: part.contentSize },
      'recall of a part begins',
    );
    const store = (source: Source): Promise<Arrival> => this.store(name, part, source, context);
    return (
      (await this.fromWhole(datablock, order, store, context)) ??
      this.copies.read(datablock, order.targets, context, (share) =>
        store({
          place: `${_id} on ${share.name}`,
          read: (range) => readOf(share, _id, { ...range, fresh: true, signal: context.signal }),
          // What has to fetch the whole file for each range is asked for one.
          maxGap: share.fetchesWhole ? Infinity : maxGapBytes,
        }),
      )
    );
  }

  /** Another retrieval may have brought all of it: no tape is mounted for it then. Undefined where it cannot be had from there. */
  private async fromWhole(
    datablock: StoredDatablock,
    order: PartOrder,
    store: (source: Source) => Promise<Arrival>,
    context: WorkContext,
  ): Promise<Arrival | undefined> {
    const { retrievalBucket } = this.config;
    const whole = wholeOf(datablock);
    const { name } = whole;
    // The job wants the part: the whole does not count in its group's quota, and is kept only while it is read.
    const reader = { ...readerOf(order), group: '' };
    if ((await this.reports.present(whole, reader)) === undefined) return undefined;
    try {
      const read: Read = async (range) =>
        (await this.objects.get(retrievalBucket, name, range)) as AsyncIterable<Uint8Array>;
      return await store({ place: `${name} in the retrieval bucket`, read, maxGap: maxGapBytes });
    } catch (error) {
      context.signal.throwIfAborted();
      // A bucket that does not answer could not take the part either.
      if (isAway(error)) throw error;
      this.logger.warn(
        { archiveId: name, error: messageOf(error) },
        'cannot make a part from the retrieved datablock: its copies are read',
      );
      return undefined;
    } finally {
      await this.lock.letGo(name, reader);
    }
  }

  /** One pass: read, hash, store. The object appears only if the checksum of each file agreed. */
  private async store(
    name: string,
    part: DatablockPart,
    { place, read, maxGap }: Source,
    context: WorkContext,
  ): Promise<Arrival> {
    const hash = createHash('sha256');
    const { packedSize } = part;
    const watched = async function* (): AsyncGenerator<Buffer> {
      let bytes = 0;
      for await (const chunk of partOf(part, read, maxGap)) {
        context.signal.throwIfAborted();
        hash.update(chunk);
        bytes += chunk.length;
        context.progress('recalling', bytes, packedSize);
        if (bytes * 2 > packedSize) crashPoint('archiver.mid-retrieve');
        yield chunk;
      }
    };
    try {
      const body = Readable.from(await begun(watched()), { objectMode: false });
      await this.objects.put(this.config.retrievalBucket, name, body, {
        size: packedSize,
        contentType: 'application/x-tar',
      });
    } catch (error) {
      throw ofCopy(error, place);
    }
    return { bytes: packedSize, sha256: hash.digest('hex') };
  }

  private async pathsOf(archiveId: string, { list, files }: Selection): Promise<ReadonlySet<string>> {
    const lines = await this.lists.linesOf<Partial<SelectionLine> | null>(list);
    const paths = new Set(lines.flatMap((line) => (typeof line?.path === 'string' ? [line.path] : [])));
    if (paths.size === files && lines.length === files) return paths;
    throw refused(
      archiveId,
      `Expected ${files} paths, each once, found ${paths.size} in ${lines.length} lines.`,
    );
  }

  /** As it was kept when the datablock was archived; where that is gone, that of a copy, if it is the same one. */
  private async manifestOf(
    { manifest, ...datablock }: StoredDatablock,
    { targets }: PartOrder,
    context: WorkContext,
  ): Promise<DatablockManifest> {
    try {
      return await this.lists.manifestOf(manifest);
    } catch (error) {
      if (!manifestGone.has(codeOf(error, ''))) throw error;
      // That of an earlier system's tar is kept beside it only.
      if (datablock.adopted !== undefined) throw error;
    }
    const { _id } = datablock;
    return this.copies.read({ ...datablock, manifest }, targets, context, async (share) => {
      const place = `${_id} on ${share.name}`;
      const found = await manifestIn(share, _id, context.signal).catch((error: unknown) => {
        throw ofCopy(error, place);
      });
      const sha256 = createHash('sha256').update(manifestToJson(found)).digest('hex');
      if (sha256 === manifest.sha256) return found;
      throw new PermanentError(
        'archiver.copy-damaged',
        `Expected the manifest of ${place} with SHA-256 ${manifest.sha256}, read ${sha256}.`,
      );
    });
  }
}

async function readOf(
  share: LongTermStorage,
  name: string,
  options: Parameters<LongTermStorage['read']>[1],
): Promise<AsyncIterable<Uint8Array>> {
  return (await share.read(name, options)) as AsyncIterable<Uint8Array>;
}

async function manifestIn(
  share: LongTermStorage,
  name: string,
  signal: AbortSignal,
): Promise<DatablockManifest> {
  return readManifest(await readOf(share, name, { fresh: true, signal }));
}

/** What the part is named by. */
function selectionOf({ manifest }: StoredDatablock, { selection }: PartOrder): string {
  return selection?.list.sha256 ?? manifest.sha256;
}

/** Bytes of its files. */
export function partSizeOf({ size }: StoredDatablock, { selection }: PartOrder): number {
  return selection?.bytes ?? size;
}

function retrievedOf(arrival: Arrival, datablock: StoredDatablock, order: PartOrder): Retrieved {
  const { archiveId, selection } = order;
  const id = selectionOf(datablock, order);
  const retrieved = { name: partName(archiveId, id), archiveId, ...arrival };
  if (selection === undefined) return { ...retrieved, fileName: fileNameOf(archiveId) };
  return { ...retrieved, fileName: partFileName(archiveId, id), files: selection.files };
}

function planOf(
  manifest: DatablockManifest,
  paths: ReadonlySet<string>,
  { archiveId, pid }: PartOrder,
  selection: string,
): DatablockPart {
  try {
    return planPart(manifest, paths, { pid, partOf: archiveId, selection });
  } catch (error) {
    throw refused(archiveId, messageOf(error), error);
  }
}

/** What is wrong with the bytes of a copy is said of the copy. */
function ofCopy(error: unknown, place: string): unknown {
  if (!wrongBytes.has(codeOf(error, ''))) return error;
  return new PermanentError(
    'archiver.copy-damaged',
    `Expected the wanted files in ${place}: ${messageOf(error)}`,
    {
      cause: error,
    },
  );
}

function refused(archiveId: string, found: string, cause?: unknown): PermanentError {
  return new PermanentError(
    'archiver.selection-refused',
    `Expected a list of files of ${archiveId} to retrieve. ${found} The catalogue and the archive do not agree on what is in it: retrieve the whole dataset, and report it.`,
    { details: { archiveId }, cause },
  );
}

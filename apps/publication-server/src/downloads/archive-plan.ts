import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import type { StoredFile, StoredMember } from '../persistence/records.js';
import type { ArchiveEntry, ArchiveFormat, ArchiveTotals } from './archive-format.js';
import { checksumLine, checksumListName, otherChecksumListName } from './checksum-list.js';
import { SourceError } from './copy-source.js';
import { PublishedFiles, type OpenPublication } from './published-files.js';
import { tarFormat } from './tar-format.js';
import { zipFormat } from './zip-format.js';

/** Grows with every change of what archives look like: it is part of their entity tags, and of kept plans. */
export const archiveEdition = 1;
/** Files between two marks of a plan. */
const stride = 1000;
/** From here on ZIP writes offsets with eight bytes. */
const farOffset = 0xffffffff;
/** Stretches of the list that are looked up at once. */
const lookAhead = 3;
/** Plans that are remembered. */
const maxPlans = 50;

export const archiveFormats = { zip: zipFormat, tar: tarFormat } as const;

/** Where something begins; one for every thousand files. */
export interface Mark {
  /** Entry of an archive; 0 is the checksum list. */
  readonly position: number;
  readonly offset: number;
  /** Bytes of the directory before this entry. */
  readonly directoryOffset: number;
}

export interface FormatPlan {
  readonly marks: readonly Mark[];
  readonly totals: ArchiveTotals;
  /** Bytes of the whole archive. */
  readonly size: number;
}

/** Where every byte of a publication's archives lies. */
export interface ArchivePlan {
  readonly list: string;
  readonly files: number;
  /** The newest file: the time of the archive itself, so that no clock is in it. */
  readonly modified: Date;
  readonly checksums: {
    readonly entry: ArchiveEntry;
    readonly sha256: string;
    readonly crc32: number;
    /** Byte of the list at which the lines of every thousandth file begin. */
    readonly marks: readonly number[];
  };
  readonly zip: FormatPlan;
  readonly tar: FormatPlan;
  /** All datablocks that files lie in. */
  readonly archiveIds: readonly string[];
  /** A file whose place in its datablock is not known yet, if there is one. */
  readonly lost?: string;
  /** A file that never was archived, if there is one. */
  readonly unarchived?: string;
}

interface Batch {
  readonly files: readonly StoredFile[];
  readonly places: readonly (StoredMember | undefined)[];
}

/** Plans archives: one walk over the file list, kept here and in the store, as a list never changes. */
@Injectable()
export class ArchivePlans {
  private readonly plans = new Map<string, Promise<ArchivePlan>>();

  constructor(private readonly files: PublishedFiles) {}

  async of(publication: Pick<OpenPublication, 'list' | 'count'>): Promise<ArchivePlan> {
    const { list } = publication;
    const known = this.plans.get(list) ?? this.find(publication);
    this.plans.delete(list);
    this.plans.set(list, known);
    const [oldest] = this.plans.keys();
    if (this.plans.size > maxPlans && oldest !== undefined) this.plans.delete(oldest);
    try {
      const plan = await known;
      // Places of files may arrive later than their list.
      if (plan.lost !== undefined) this.plans.delete(list);
      return plan;
    } catch (error) {
      this.plans.delete(list);
      throw error;
    }
  }

  private async find(publication: Pick<OpenPublication, 'list' | 'count'>): Promise<ArchivePlan> {
    const { list } = publication;
    const kept = await this.files.plan(list, archiveEdition);
    if (kept !== undefined) return kept as ArchivePlan;
    const plan = await this.make(publication);
    if (plan.lost === undefined) await this.files.keepPlan(list, archiveEdition, plan);
    return plan;
  }

  private async make({ list, count }: Pick<OpenPublication, 'list' | 'count'>): Promise<ArchivePlan> {
    const [zip, tar] = [new Surveyor(zipFormat, count), new Surveyor(tarFormat, count)];
    const hash = createHash('sha256');
    const marks: number[] = [];
    const archiveIds = new Set<string>();
    let [size, crc, newest, name] = [0, 0, 0, checksumListName];
    let [lost, unarchived]: (string | undefined)[] = [];
    for await (const { files, places } of this.batches(list, count)) {
      marks.push(size);
      const lines = Buffer.from(files.map(checksumLine).join(''));
      hash.update(lines);
      crc = crc32(lines, crc);
      size += lines.length;
      for (const [index, file] of files.entries()) {
        newest = Math.max(newest, new Date(file.time).getTime());
        if (file.path === checksumListName) name = otherChecksumListName;
        if (file.archiveId !== undefined) archiveIds.add(file.archiveId);
        if (file.archiveId === undefined) unarchived ??= file.path;
        else if (!isSame(file, places[index])) lost ??= file.path;
        const entry = entryOf(file);
        zip.take(entry);
        tar.take(entry);
      }
    }
    const entry: ArchiveEntry = { position: 0, path: name, size, modified: new Date(newest) };
    return {
      list,
      files: count,
      modified: entry.modified,
      checksums: { entry, sha256: hash.digest('hex'), crc32: crc, marks },
      zip: zip.planBehind(entry),
      tar: tar.planBehind(entry),
      archiveIds: [...archiveIds],
      ...(lost === undefined ? {} : { lost }),
      ...(unarchived === undefined ? {} : { unarchived }),
    };
  }

  /** Reads the next stretches of the list, and where their files lie, while the last one is worked on. */
  private async *batches(list: string, count: number): AsyncGenerator<Batch> {
    const ahead: Promise<Batch>[] = [];
    for (let [n, next] = [0, 0]; n < count; n += stride) {
      for (; next < count && ahead.length < lookAhead; next += stride)
        ahead.push(this.batch(list, next, count));
      yield await ahead.shift()!;
    }
  }

  private batch(list: string, n: number, count: number): Promise<Batch> {
    const look = async (): Promise<Batch> => {
      const files = await this.files.stretch(list, n, stride);
      if (files.length !== Math.min(stride, count - n))
        throw new SourceError(`The file list ${list} has gaps behind ${n}.`);
      return { files, places: await this.files.places(files) };
    };
    const batch = look();
    // When an earlier one fails, nobody looks at this one.
    batch.catch(() => undefined);
    return batch;
  }
}

export function entryOf({ n, path, size, time }: StoredFile): ArchiveEntry {
  return { position: n + 1, path, size, modified: new Date(time) };
}

/** Whether a place holds what the list names. */
export function isSame(
  file: Pick<StoredFile, 'size' | 'sha256'>,
  place: { readonly size: number; readonly sha256: string } | undefined,
): boolean {
  return (
    place !== undefined &&
    place.size === file.size &&
    (file.sha256 === undefined || file.sha256 === place.sha256)
  );
}

/** The position of the mark to start from, for entries from 1 on: marks stand at 1, 1001, 2001, … */
export function markBefore(marks: readonly Mark[], isBehind: (mark: Mark) => boolean): Mark | undefined {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBehind(marks[middle]!)) high = middle;
    else low = middle + 1;
  }
  return marks[low - 1];
}

/**
 * Collects the lengths of one format. The checksum list comes first but is known last, and with it move all offsets;
 * an entry of the directory is longer when its offset is far.
 */
class Surveyor {
  private readonly lengths: Float64Array;
  private readonly near: Uint32Array;
  private readonly far: Uint32Array;
  private count = 0;

  constructor(
    private readonly format: ArchiveFormat,
    count: number,
  ) {
    this.lengths = new Float64Array(count);
    this.near = new Uint32Array(count);
    this.far = new Uint32Array(count);
  }

  take(entry: ArchiveEntry): void {
    const { format, count } = this;
    this.lengths[count] = format.headSize(entry) + entry.size + format.tailSize(entry);
    this.near[count] = format.directorySize(entry, 0);
    this.far[count] = format.directorySize(entry, farOffset);
    this.count += 1;
  }

  planBehind(first: ArchiveEntry): FormatPlan {
    const { format, lengths, near, far } = this;
    const marks: Mark[] = [];
    let content = format.headSize(first) + first.size + format.tailSize(first);
    let directory = format.directorySize(first, 0);
    for (let index = 0; index < this.count; index += 1) {
      if (index % stride === 0)
        marks.push({ position: index + 1, offset: content, directoryOffset: directory });
      directory += (content < farOffset ? near[index] : far[index])!;
      content += lengths[index]!;
    }
    const totals = { entries: this.count + 1, content, directory };
    return { marks, totals, size: content + directory + format.endSize(totals) };
  }
}

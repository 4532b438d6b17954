import { messageOf } from '#kernel';
import type { Logger } from '#observability';
import type { StoredFile } from '../persistence/records.js';
import { cut, type ArchiveEntry, type ArchiveFormat } from './archive-format.js';
import { entryOf, isSame, markBefore, type ArchivePlan, type FormatPlan } from './archive-plan.js';
import type { ByteRange } from './byte-range.js';
import { checked, without } from './checked-bytes.js';
import { checksumLine } from './checksum-list.js';
import { SourceError, type CopySource } from './copy-source.js';
import { MemberReader, runsOf, type Place } from './member-reader.js';
import type { PublishedFiles } from './published-files.js';

/** Files that are looked up at once. */
const stride = 500;
/** Checksums that are noted at once. */
const maxNotes = 500;

interface Item {
  readonly entry: ArchiveEntry;
  readonly file: StoredFile;
  readonly place: Place;
}

/** What a stream reads from and reports to. */
export interface StreamSources {
  readonly files: PublishedFiles;
  readonly source: CopySource;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Writes any range of an archive from its plan, reading of the copies what the range holds. */
export class ArchiveStream {
  private readonly reader: MemberReader;
  private readonly layout: FormatPlan;
  /** CRC-32 by position, where one became known on the way. */
  private readonly crcs: Uint32Array;
  private readonly known: Uint8Array;
  private notes: { id: string; crc32: number }[] = [];

  constructor(
    private readonly plan: ArchivePlan,
    private readonly format: ArchiveFormat,
    private readonly sources: StreamSources,
  ) {
    this.reader = new MemberReader(sources.source, sources.signal);
    this.layout = plan[format.name];
    const positions = format.hasChecksums ? plan.files + 1 : 0;
    this.crcs = new Uint32Array(positions);
    this.known = new Uint8Array(positions);
  }

  /** @throws SourceError; what was sent by then must not end as if it were whole */
  async *bytes(range: ByteRange): AsyncGenerator<Buffer, void, undefined> {
    const { format, layout } = this;
    const { content, directory } = layout.totals;
    try {
      if (range.first < content) yield* this.contents(range);
      if (directory > 0 && range.end > content && range.first < content + directory)
        yield* this.directory(range);
      yield cut(format.end(layout.totals), content + directory, range);
    } finally {
      await this.reader.close();
      await this.note(0);
    }
  }

  private async *contents(range: ByteRange): AsyncGenerator<Buffer, void, undefined> {
    const { format, layout, plan } = this;
    const first = layout.marks[0]?.offset ?? layout.totals.content;
    if (range.first < first) {
      const { entry } = plan.checksums;
      const head = format.head(entry);
      const [start, stop] = [head.length, head.length + entry.size];
      yield cut(head, 0, range);
      if (range.first < stop && range.end > start)
        yield* this.checksums({
          first: Math.max(range.first - start, 0),
          end: Math.min(range.end, stop) - start,
        });
      yield cut(format.tail(entry, plan.checksums.crc32), stop, range);
    }
    const mark = markBefore(layout.marks, ({ offset }) => offset > range.first) ?? layout.marks[0];
    let offset = mark?.offset ?? Number.POSITIVE_INFINITY;
    if (mark === undefined || offset >= range.end) return;
    for await (const items of this.items(mark.position - 1))
      for (const item of items) {
        const [head, tail] = [format.headSize(item.entry), format.tailSize(item.entry)];
        const next = offset + head + item.entry.size + tail;
        if (next > range.first) yield* this.one(item, offset, range);
        offset = next;
        if (offset >= range.end) return;
      }
  }

  /** One file with what the format puts around it, as far as the range goes. */
  private async *one(item: Item, offset: number, range: ByteRange): AsyncGenerator<Buffer, void, undefined> {
    const { format } = this;
    const { entry } = item;
    yield cut(format.head(entry), offset, range);
    const start = offset + format.headSize(entry);
    const stop = start + entry.size;
    const [skip, upTo] = [Math.max(range.first - start, 0), Math.min(range.end - start, entry.size)];
    const needsCrc = format.hasChecksums && range.end > stop;
    if (skip === 0 && upTo === entry.size) yield* this.whole(item);
    // The checksum is of all of it, also of what was sent another time.
    else if (needsCrc && item.place.member.crc32 === undefined) yield* without(this.whole(item), skip);
    else if (skip < upTo) yield* this.reader.read(item.place, skip, upTo);
    const crc = needsCrc ? await this.crcOf(item) : 0;
    if (range.end > stop) yield cut(format.tail(entry, crc), stop, range);
  }

  private async *directory(range: ByteRange): AsyncGenerator<Buffer, void, undefined> {
    const { format, layout, plan } = this;
    const base = layout.totals.content;
    yield cut(format.directory(plan.checksums.entry, 0, plan.checksums.crc32), base, range);
    const mark =
      markBefore(layout.marks, ({ directoryOffset }) => base + directoryOffset > range.first) ??
      layout.marks[0];
    if (mark === undefined) return;
    let [offset, at] = [mark.offset, base + mark.directoryOffset];
    for await (const items of this.items(mark.position - 1))
      for (const item of items) {
        const { entry } = item;
        const length = format.directorySize(entry, offset);
        if (at + length > range.first)
          yield cut(format.directory(entry, offset, await this.crcOf(item)), at, range);
        offset += format.headSize(entry) + entry.size + format.tailSize(entry);
        at += length;
        if (at >= range.end) return;
      }
  }

  /** A part of the checksum list. */
  async *checksums(range: ByteRange): AsyncGenerator<Buffer, void, undefined> {
    const { marks } = this.plan.checksums;
    let index = marks.length - 1;
    while (index > 0 && marks[index]! > range.first) index -= 1;
    let offset = marks[index] ?? 0;
    for await (const files of this.stretches(index * 1000)) {
      const lines = Buffer.from(files.map(checksumLine).join(''));
      yield cut(lines, offset, range);
      offset += lines.length;
      if (offset >= range.end) return;
    }
  }

  private async *whole(item: Item): AsyncGenerator<Buffer, void, undefined> {
    const { member } = item.place;
    yield* checked(
      this.reader.read(item.place),
      member,
      this.format.hasChecksums ? (crc) => this.learn(item, crc) : undefined,
    );
    if (this.notes.length >= maxNotes) await this.note(maxNotes);
  }

  /** Known of this stream or of one before it, or else the content is read for it. */
  private async crcOf(item: Item): Promise<number> {
    const { position } = item.entry;
    if (this.known[position] === 1) return this.crcs[position]!;
    const remembered = item.place.member.crc32;
    if (remembered !== undefined) return remembered;
    for await (const _ of this.whole(item)) this.sources.signal.throwIfAborted();
    return this.crcs[position]!;
  }

  private learn({ entry, place: { member } }: Item, crc: number): void {
    this.crcs[entry.position] = crc;
    this.known[entry.position] = 1;
    if (member.crc32 === undefined) this.notes.push({ id: member._id, crc32: crc });
  }

  /** Notes checksums for later; a download does not fail because they could not be noted. */
  private async note(least: number): Promise<void> {
    if (this.notes.length < least) return;
    const { notes } = this;
    this.notes = [];
    await this.sources.files
      .remember(notes)
      .catch((error: unknown) =>
        this.sources.logger.warn({ error: messageOf(error) }, 'could not note checksums'),
      );
  }

  private async *items(from: number): AsyncGenerator<Item[], void, undefined> {
    for await (const files of this.stretches(from)) {
      const places = runsOf(await this.sources.files.places(files));
      yield files.map((file, index) => {
        const place = places[index];
        if (place === undefined || !isSame(file, place.member))
          throw new SourceError(`${file.path} is not where it should be.`);
        return { entry: entryOf(file), file, place };
      });
    }
  }

  /** Files from a position on; the next ones are looked up while these are worked on. */
  private async *stretches(from: number): AsyncGenerator<StoredFile[], void, undefined> {
    const { list, files: count } = this.plan;
    let next: Promise<StoredFile[]> | undefined;
    for (let n = from; n < count; n += stride) {
      const files = await (next ?? this.sources.files.stretch(list, n, stride));
      if (files.length !== Math.min(stride, count - n)) throw new SourceError(`The list ${list} has gaps.`);
      next = n + stride < count ? this.sources.files.stretch(list, n + stride, stride) : undefined;
      // A reader that stops early does not look at it.
      next?.catch(() => undefined);
      yield files;
    }
  }
}

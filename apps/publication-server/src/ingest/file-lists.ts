import {
  BadRequestException,
  ConflictException,
  Injectable,
  ServiceUnavailableException,
} from '@nestjs/common';
import { Clock, safeRelativePath } from '#kernel';
import { rowsById } from '#persistence';
import { feedLimits, fileListName, sha256Of, type FileLine, type FileListReference } from '#publication-feed';
import { PublicStore } from '../persistence/public-store.js';

/** Milliseconds that a list without a record is kept. */
const patience = 86_400_000;

/** File lists, taken part by part before the record that refers to them. */
@Injectable()
export class FileLists {
  constructor(
    private readonly store: PublicStore,
    private readonly clock: Clock,
  ) {}

  /** Parts that are here, with the digests of what was sent. */
  async parts(list: string): Promise<{ part: number; sha256: string; lines: number }[]> {
    const found = await this.store.parts
      .find({ _id: rangeOf(list), doomed: { $exists: false } })
      .sort({ _id: 1 })
      .limit(feedLimits.parts)
      .toArray();
    return found.map(({ part, sha256, lines }) => ({ part, sha256, lines }));
  }

  /** Stores the lines first and the part's mark last: a part that is marked is whole. */
  async putPart(list: string, part: number, content: Buffer, lines: readonly FileLine[]): Promise<void> {
    const paths = new Set(lines.map(({ path }) => safePath(path)));
    if (paths.size !== lines.length)
      throw new BadRequestException(`Expected each path once in part ${part} of ${list}, found one twice.`);
    const sha256 = sha256Of(content);
    const _id = partId(list, part);
    const there = await this.store.parts.findOne({ _id });
    if (there?.doomed === true)
      throw new ServiceUnavailableException(
        `Part ${part} of ${list} is being removed, as nobody used it. Send it again in a moment.`,
      );
    if (there?.sha256 === sha256) return;
    for (let first = 0; first < lines.length; first += 1000)
      await this.store.files.bulkWrite(
        lines.slice(first, first + 1000).map((line, index) => {
          const n = part * feedLimits.linesPerPart + first + index;
          const id = partLine(list, n);
          return { replaceOne: { filter: { _id: id }, replacement: { ...line, list, n }, upsert: true } };
        }),
        { ordered: false },
      );
    // Another text may have been here before, with more lines.
    await this.store.files.deleteMany({ _id: linesOf(list, part, lines.length) });
    await this.store.parts.replaceOne(
      { _id },
      { list, part, lines: lines.length, sha256, at: this.clock.now(), used: false },
      { upsert: true },
    );
  }

  /**
   * Makes sure that the list is whole, and stays so for a day.
   *
   * @throws ConflictException with the numbers of the parts that are missing
   */
  async hold({ sha256, parts, count }: FileListReference): Promise<void> {
    await this.store.parts.updateMany(
      { _id: rangeOf(sha256), used: false, doomed: { $exists: false } },
      { $set: { at: this.clock.now() } },
    );
    const found = await this.parts(sha256);
    const present = new Set(found.map(({ part }) => part));
    const missing = Array.from({ length: parts }, (_, part) => part).filter((part) => !present.has(part));
    const lines = found.reduce((sum, part) => sum + part.lines, 0);
    const whole =
      missing.length === 0 &&
      found.length === parts &&
      lines === count &&
      fileListName(found.map((part) => part.sha256)) === sha256;
    if (!whole)
      throw new ConflictException({
        code: 'file-list-incomplete',
        missing: missing.length > 0 ? missing : Array.from({ length: parts }, (_, part) => part),
        message: `Expected ${count} files in ${parts} parts of the list ${sha256}, found ${lines} in ${found.length}.`,
      });
  }

  /** From now on a record refers to it: the sweep leaves it alone. */
  async markUsed(list: string): Promise<void> {
    await this.store.parts.updateMany({ _id: rangeOf(list), used: false }, { $set: { used: true } });
  }

  /** A record refers to it no more; others may, or will: the sweep looks when its time is over. */
  async release(list: string): Promise<void> {
    await this.store.parts.updateMany(
      { _id: rangeOf(list) },
      { $set: { used: false, at: this.clock.now() } },
    );
  }

  /** Lists that no record refers to: one is sent before its record, and may wait a day for it. */
  async sweep(): Promise<void> {
    const old = new Date(this.clock.now().getTime() - patience);
    const waiting = await this.store.parts
      .find({ used: false, at: { $lt: old } }, { projection: { list: 1 } })
      .sort({ _id: 1 })
      .limit(1000)
      .toArray();
    for (const list of new Set(waiting.map((part) => part.list))) {
      const isStale = { _id: rangeOf(list), used: false, at: { $lt: old } };
      const user = await this.store.records.findOne(
        { 'record.files.sha256': list },
        { projection: { _id: 1 } },
      );
      // A crash before the mark: it is in use all the same.
      if (user !== null) await this.store.parts.updateMany(isStale, { $set: { used: true } });
      else {
        // A record on its way has made the parts young before it looked at them; after the mark it finds them missing.
        await this.store.parts.updateMany(isStale, { $set: { doomed: true } });
        await this.removeDoomed(list);
      }
    }
  }

  private async removeDoomed(list: string): Promise<void> {
    const doomed = rowsById<{ _id: string; part: number }>(
      this.store.parts,
      { _id: rangeOf(list), doomed: true },
      { projection: { part: 1 } },
    );
    for await (const { _id, part } of doomed) {
      await this.store.files.deleteMany({ _id: linesOf(list, part) });
      await this.store.parts.deleteOne({ _id, doomed: true });
    }
    const rest = await this.store.parts.findOne({ _id: rangeOf(list) }, { projection: { _id: 1 } });
    if (rest === null) await this.store.plans.deleteOne({ _id: list });
  }
}

/** `0` follows `/`: the ids of one list lie between `<list>/` and `<list>0`. */
function rangeOf(list: string): { $gte: string; $lt: string } {
  return { $gte: `${list}/`, $lt: `${list}0` };
}

function partLine(list: string, n: number): string {
  return `${list}/${String(n).padStart(7, '0')}`;
}

/** Of a part, from a line of it on. */
function linesOf(list: string, part: number, from = 0): { $gte: string; $lt: string } {
  const base = part * feedLimits.linesPerPart;
  return { $gte: partLine(list, base + from), $lt: partLine(list, base + feedLimits.linesPerPart) };
}

function partId(list: string, part: number): string {
  return `${list}/${String(part).padStart(7, '0')}`;
}

function safePath(path: string): string {
  try {
    return safeRelativePath(path);
  } catch (error) {
    throw new BadRequestException((error as Error).message);
  }
}

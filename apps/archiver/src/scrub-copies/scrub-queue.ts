import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { CopyAges, type AgedCopy } from '../persistence/copy-ages.js';

/** Copies of one look into the database. */
const batch = 64;
/** Copies that are known not to be worth a try; beyond that the oldest of them are tried again early. */
const maxPutOff = 10_000;
/** Milliseconds after which a line begins at its oldest copy again. */
const restart = 3_600_000;
/** Milliseconds for which a copy that could not be read, or mended, is left alone: at first and at most. */
const patience = { first: 3_600_000, most: 86_400_000 };

interface Line {
  waiting: AgedCopy[];
  begunAt: number;
  /** All that was proven until then has had its turn since the line began. */
  passed?: Date;
}

/** In which order the copies on each target are read: the one proven longest ago first, those left alone for a while not at all. */
@Injectable()
export class ScrubQueue {
  private readonly lines = new Map<string, Line>();
  private readonly putOffs = new Map<string, { readonly until: number; readonly tries: number }>();

  constructor(
    private readonly ages: CopyAges,
    private readonly clock: Clock,
  ) {}

  /** The same again until it has {@link passed}. @param before only what was proven before then */
  async first(target: string, before: Date): Promise<AgedCopy | undefined> {
    const line = this.lineOf(target);
    for (;;) {
      for (let [next] = line.waiting; next !== undefined; [next] = line.waiting) {
        if (!this.isPutOff(target, next) && next.verifiedAt < before) return next;
        this.passed(target);
      }
      line.waiting = await this.ages.oldest(target, before, batch, line.passed);
      if (line.waiting.length > 0) continue;
      // At the next look it begins anew: what was left alone may be worth a try by then.
      this.lines.delete(target);
      return undefined;
    }
  }

  /** The first has had its turn. */
  passed(target: string): void {
    const line = this.lineOf(target);
    const gone = line.waiting.shift();
    if (gone !== undefined) line.passed = gone.verifiedAt;
  }

  /** It was read. */
  done(target: string, { archiveId }: AgedCopy): void {
    this.putOffs.delete(keyOf(target, archiveId));
    this.passed(target);
  }

  /** It is left alone for a while. @param pause milliseconds; absent: each time longer */
  putOff(target: string, { archiveId }: AgedCopy, pause?: number): void {
    const key = keyOf(target, archiveId);
    const tries = this.putOffs.get(key)?.tries ?? 0;
    const patient = pause ?? Math.min(patience.first * 2 ** tries, patience.most);
    this.putOffs.delete(key);
    this.putOffs.set(key, { until: this.clock.now().getTime() + patient, tries: tries + 1 });
    const [oldest] = this.putOffs.keys();
    if (this.putOffs.size > maxPutOff && oldest !== undefined) this.putOffs.delete(oldest);
    this.passed(target);
  }

  private isPutOff(target: string, { archiveId }: AgedCopy): boolean {
    const found = this.putOffs.get(keyOf(target, archiveId));
    return found !== undefined && found.until > this.clock.now().getTime();
  }

  private lineOf(target: string): Line {
    const now = this.clock.now().getTime();
    const known = this.lines.get(target);
    if (known !== undefined && now - known.begunAt < restart) return known;
    const line = { waiting: [], begunAt: now };
    this.lines.set(target, line);
    return line;
  }
}

function keyOf(target: string, archiveId: string): string {
  return `${target}\n${archiveId}`;
}

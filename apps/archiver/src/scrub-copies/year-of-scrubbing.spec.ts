import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ScrubTurn } from '../persistence/records.js';
import { dayOf, spentOn } from '../persistence/scrub-turns.js';
import { day, dyingStore, ScrubbedArchive, type ScrubbingArchiver } from '../testing/scrubbed-archive.js';
import type { ScrubRule } from './scrub-rules.js';

const seed = 20_260_101;
const [datablocks, days, promise] = [110, 365, 120];
const targets = ['disk', 'tape'] as const;
const kinds = ['a flipped bit', 'cut off', 'swapped', 'missing', 'no right to read', 'both copies'] as const;

/** The same numbers for the same seed. */
function dice(from: number): (sides: number) => number {
  let state = from >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** What happened to a file, and when. */
interface Rot {
  readonly kind: (typeof kinds)[number];
  readonly archiveId: string;
  readonly share: string;
  readonly day: number;
  foundOn?: number;
}

interface Spent {
  readonly bytes: number;
  readonly owed: number;
}

/** A year in which files rot, archivers die, and old copies are read within a budget. */
class Year {
  readonly archive: ScrubbedArchive;
  readonly rots: Rot[] = [];
  /** Of each day after the first period: bytes read within the promise, of all that can be read and mended. */
  readonly coverage: Record<string, number[]> = { disk: [], tape: [] };
  /** The same of all copies, as the archivers counted it last. */
  readonly counted: Record<string, number> = {};
  readonly spent: Record<string, Spent[]> = { disk: [], tape: [] };
  readonly marks = new Map<string, string | undefined>();
  readonly largest: number;
  deaths = 0;
  private events = 0;
  private readonly roll = dice(seed);
  private readonly sizes: readonly number[];
  private readonly untouched: string[];
  private readonly records = new Map<string, ScrubTurn>();
  private archivers: ScrubbingArchiver[] = [];

  /** @param budgets of the least that the promise takes, with room for a usual copy; without it where that is less */
  constructor(
    budgets: Readonly<Record<string, number>>,
    count = datablocks,
    private readonly hasRot = true,
  ) {
    this.sizes = Array.from({ length: count }, () => 200 + this.roll(3800));
    this.largest = Math.max(...this.sizes);
    const bytes = this.sizes.reduce((sum, size) => sum + size, 0);
    const usual = this.sizes.reduce((sum, size) => sum + size * size, 0) / bytes;
    const budget = (name: string): number => {
      const least = bytes / promise;
      return Math.ceil(budgets[name]! < 1 ? least * budgets[name]! : (least + usual) * budgets[name]!);
    };
    this.archive = new ScrubbedArchive(
      Object.fromEntries(
        targets.map((name) => [name, { within: promise * day, bytesPerDay: budget(name), hoursPerDay: 1 }]),
      ),
    );
    this.untouched = this.sizes.map((_, index) => `pid/${index}.tar`);
  }

  budgetOf(name: string): number {
    return (this.archive.rules[name] as { bytesPerDay: number }).bytesPerDay;
  }

  /** Most bytes that what was found that day took beyond what was reserved: it was read twice, and may be another's file. */
  readAgain(share: string, today: number): number {
    return this.rots
      .filter((rot) => rot.foundOn === today && (rot.share === share || rot.kind === 'both copies'))
      .reduce(
        (sum, { archiveId, kind }) => sum + (kind === 'swapped' ? 2 * this.largest : this.sizeOf(archiveId)),
        0,
      );
  }

  sizeOf(archiveId: string): number {
    return this.sizes[Number(/[0-9]+/.exec(archiveId)![0])]!;
  }

  async live(length = days): Promise<void> {
    for (const [index, size] of this.sizes.entries()) {
      const content = Buffer.alloc(size, `${index} `);
      // Some were proven longer ago than the promise allows: an installation that scrubs for the first time.
      const age = Object.fromEntries(targets.map((name) => [name, this.roll((promise + 30) * day)]));
      await this.archive.archived(`pid/${index}.tar`, content, age);
    }
    this.archivers = [this.archive.archiver(), this.archive.archiver()];
    for (const name of this.untouched)
      for (const share of targets)
        this.marks.set(`${share} ${name}`, await this.archive.share(share).markOf(name));
    const { clock } = this.archive;
    for (let today = 0; today < length; today += 1) {
      const morning = Date.UTC(2026, 0, 1 + today, 6) - clock.now().getTime();
      clock.advance(Math.max(0, morning));
      if (this.hasRot && today % 5 === 3 && today < days - promise - 10) await this.rot(today);
      if (today % 50 === 20) await this.die();
      for (const share of targets)
        for (const archiver of this.rota(today)) await this.archive.serve(archiver, share);
      await this.look(today);
    }
  }

  /** One archiver after the other comes first, and each third day both are there. */
  private rota(today: number): readonly ScrubbingArchiver[] {
    const [one, other] = this.archivers as [ScrubbingArchiver, ScrubbingArchiver];
    if (today % 3 === 0) return [one, other];
    return today % 2 === 0 ? [one] : [other];
  }

  private pick(): string {
    return this.untouched.splice(this.roll(this.untouched.length), 1)[0]!;
  }

  private async rot(today: number): Promise<void> {
    const kind = kinds[this.events++ % kinds.length]!;
    const share = targets[this.roll(2)]!;
    const archiveId = this.pick();
    const place = this.archive.share(share);
    const size = (await place.stat(archiveId))!.size;
    this.rots.push({ kind, archiveId, share, day: today });
    if (kind === 'a flipped bit') place.flipBit(archiveId, this.roll(size));
    else if (kind === 'cut off') place.truncate(archiveId, this.roll(size));
    else if (kind === 'missing') await place.remove(archiveId);
    else if (kind === 'no right to read') place.forbidden.add(archiveId);
    else if (kind === 'both copies')
      for (const one of this.archive.shares) one.flipBit(archiveId, this.roll(size));
    else {
      const other = this.pick();
      this.rots.push({ kind, archiveId: other, share, day: today });
      await place.swap(archiveId, other);
    }
  }

  /** In the middle of reading: what it has read it can tell nobody, and another process takes its place. */
  private async die(): Promise<void> {
    const { store, shares, clock } = this.archive;
    const state = { isDead: false };
    const archiver = this.archive.archiver(dyingStore(store, state));
    for (const share of shares) share.watcher = () => void (state.isDead = true);
    for (const share of shares) {
      state.isDead = false;
      await archiver.target.step(share.name, this.archive.stop.signal).catch(() => (this.deaths += 1));
    }
    for (const share of shares) share.watcher = () => undefined;
    clock.advance(120_000);
  }

  private async look(today: number): Promise<void> {
    for (const rot of this.rots.filter(({ foundOn }) => foundOn === undefined)) {
      const { damaged, mendedBy } = await this.archive.copyOf(rot.archiveId, rot.share);
      if (damaged !== undefined || mendedBy !== undefined) rot.foundOn = today;
    }
    const now = this.archive.clock.now();
    for (const share of targets) {
      const record = (await this.archivers[0]!.turns.of(share))!;
      this.spent[share]!.push(this.spentIn(record, now));
      this.records.set(share, record);
      this.counted[share] = record.figures!.readBytes / record.figures!.bytes;
    }
    if (today >= promise) await this.cover(new Date(now.getTime() - promise * day));
  }

  /** Bytes of this day, and those that it began with because days before owed them. */
  private spentIn(record: ScrubTurn, now: Date): Spent {
    const before = this.records.get(record._id);
    const rule = this.archive.rules[record._id] as ScrubRule;
    const owed = before === undefined ? 0 : spentOn(now, before, rule).bytes;
    return record.day === dayOf(now) ? { bytes: record.bytes, owed } : { bytes: 0, owed: 0 };
  }

  /** By the records themselves. */
  private async cover(since: Date): Promise<void> {
    const sums = new Map(targets.map((share) => [share, { bytes: 0, read: 0 }]));
    const hopeless = new Set(
      this.rots.flatMap(({ kind, archiveId, share }) =>
        kind === 'both copies'
          ? targets.map((one) => `${one} ${archiveId}`)
          : kind === 'no right to read'
            ? [`${share} ${archiveId}`]
            : [],
      ),
    );
    for await (const { _id, packedSize, copies } of this.archive.store.datablocks.find({}))
      for (const { share, verifiedAt, damaged } of copies) {
        if (hopeless.has(`${share} ${_id}`)) continue;
        const sum = sums.get(share as 'disk')!;
        sum.bytes += packedSize;
        if (damaged === undefined && verifiedAt >= since) sum.read += packedSize;
      }
    for (const [share, { bytes, read }] of sums) this.coverage[share]!.push(read / bytes);
  }
}

describe(`A year of scrubbing ${2 * datablocks} copies within ${promise} days (seed ${seed})`, () => {
  let year: Year;
  const ofKind = (...wanted: Rot['kind'][]): Rot[] => year.rots.filter(({ kind }) => wanted.includes(kind));

  it('goes by, with archivers that die and files that rot', async () => {
    year = new Year({ disk: 1.15, tape: 2.5 });
    await year.live();
    assert.ok(year.deaths >= 7, `${year.deaths} deaths`);
    for (const kind of kinds) assert.ok(ofKind(kind).length >= 6, kind);
  });

  it('keeps the promise on every day after the first period, but for what cannot be read', () => {
    for (const share of targets) {
      assert.equal(year.coverage[share]!.length, days - promise);
      assert.equal(Math.min(...year.coverage[share]!), 1, share);
      assert.ok(year.counted[share]! < 1 && year.counted[share]! > 0.8, `${share}: ${year.counted[share]}`);
    }
  });

  it('never spends more in a day than it may', () => {
    for (const share of targets) {
      const budget = year.budgetOf(share);
      const days = year.spent[share]!;
      assert.ok(
        days.some(({ bytes }) => bytes > 0.8 * budget && bytes <= budget),
        'it is used',
      );
      // Only a second reading goes beyond a day, and what is owed is paid before anything else is read.
      const beyond = days.map(({ bytes, owed }) => bytes - Math.max(budget, owed));
      const lent = days.map((_, today) => year.readAgain(share, today));
      assert.deepEqual(
        beyond.filter((bytes, today) => bytes > lent[today]!),
        [],
      );
    }
  });

  it('finds every file that rotted within the promise, and calls none damaged that only cannot be read', () => {
    const late = year.rots
      .filter(({ kind }) => kind !== 'no right to read')
      .filter((rot) => !((rot.foundOn ?? Infinity) - rot.day <= promise));
    assert.deepEqual(late, []);
    assert.deepEqual(
      ofKind('no right to read').filter(({ foundOn }) => foundOn !== undefined),
      [],
    );
  });

  it('mends each from the other copy, and touches nothing where both have rotted', async () => {
    for (const { archiveId, share } of ofKind('a flipped bit', 'cut off', 'swapped', 'missing')) {
      assert.ok(await year.archive.isGood(archiveId, share), archiveId);
      assert.equal((await year.archive.copyOf(archiveId, share)).damaged, undefined);
    }
    for (const { archiveId } of ofKind('both copies'))
      for (const share of targets) {
        assert.equal(await year.archive.isGood(archiveId, share), false);
        assert.ok((await year.archive.copyOf(archiveId, share)).damaged !== undefined, 'it is reported');
      }
    const bad = ofKind('a flipped bit', 'cut off', 'swapped').length;
    assert.equal((await year.archive.filesAside('disk')) + (await year.archive.filesAside('tape')), bad);
  });

  it('leaves every good file as it was', async () => {
    const touched = new Set(year.rots.map(({ archiveId, share }) => `${share} ${archiveId}`));
    for (const { archiveId } of ofKind('both copies'))
      for (const share of targets) touched.add(`${share} ${archiveId}`);
    const changed: string[] = [];
    for (const [key, mark] of year.marks) {
      const [share = '', name = ''] = key.split(' ');
      if (!touched.has(key) && (await year.archive.share(share).markOf(name)) !== mark) changed.push(key);
    }
    assert.deepEqual(changed, []);
  });

  it('says so where the budget does not suffice, and reads the oldest as far as it goes', async () => {
    const short = new Year({ disk: 0.5, tape: 2.5 }, 50, false);
    await short.live(2 * promise);
    const [disk, tape] = await short.archive.archiver().view.states();
    assert.deepEqual([disk?.forecast?.keepsPromise, tape?.forecast?.keepsPromise], [false, true]);
    assert.ok(disk!.forecast!.leastBytesPerDay > short.budgetOf('disk'));
    const last = short.coverage['disk']!.at(-1)!;
    assert.ok(last > 0.25 && last < 0.55, `${last}`);
    // A copy that is larger than the budget of a day is read when nothing is owed, and borrows from the days after it.
    assert.ok(short.largest > 2 * short.budgetOf('disk'));
    assert.ok(Math.max(...short.spent['disk']!.map(({ bytes }) => bytes)) <= 2 * short.largest);
    const read = short.archive.share('disk').reads.reduce((sum, name) => sum + short.sizeOf(name), 0);
    assert.ok(read <= 2 * promise * short.budgetOf('disk') + short.largest, `${read} bytes`);
  });
});

import { Injectable } from '@nestjs/common';
import { accessTable } from '../domain/access-table.js';
import { AccessRules } from '../domain/access.js';
import type { JobFacts } from '../job-rows/job-row.js';
import { JobRowReader } from '../job-rows/job-row-reader.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import type { OpenStream } from './open-stream.js';
import { ShownTexts } from './shown-texts.js';

/** Milliseconds: clocks of processes differ; what is seen twice is sent once. */
const overlap = 5000;
/** Milliseconds for which a listener who was cut off is told what he missed. */
const memory = 120_000;
/** Jobs of one look: two times of each are read. */
const maxChanges = 5000;
/** Jobs whose rows are read at once. */
const maxRows = 500;

/** When a job changed last, as far as its row tells of it; milliseconds since 1970. */
interface Change {
  readonly id: string;
  readonly time: number;
  /** Tells its state from others: of two writers the one whose clock is behind may be the last. */
  readonly state: string;
}

interface Joining {
  readonly stream: OpenStream;
  /** Until when the listener has heard everything; undefined for one who begins. */
  readonly heardUntil: number | undefined;
}

/**
 * Listeners to whatever happens to the jobs they may see. One look at the database serves all of them. Each event carries the
 * time of its change as its id: whoever comes back with it, to this process or another, hears from the database what he missed.
 */
@Injectable()
export class JobFeed {
  private readonly listeners = new Set<OpenStream>();
  private readonly joining = new Map<OpenStream, Joining>();
  private readonly sent = new Map<string, Change>();
  private since = 0;
  /** Until when everybody was told to read everything anew: nothing before it is looked for again. */
  private resetAt = 0;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly reader: JobRowReader,
    private readonly rules: AccessRules,
    private readonly texts: ShownTexts,
  ) {}

  /**
   * From the next look on.
   *
   * @param lastEventId what the listener has heard last, as he says
   * @returns a function that ends it
   */
  add(stream: OpenStream, lastEventId: string | undefined): () => void {
    const isPlace = lastEventId !== undefined && /^\d{1,16}$/.test(lastEventId);
    // An id that is none of ours is too old for us.
    const heardUntil = lastEventId === undefined ? undefined : isPlace ? Number(lastEventId) : 0;
    this.joining.set(stream, { stream, heardUntil });
    return () => {
      this.joining.delete(stream);
      this.listeners.delete(stream);
      if (this.listeners.size === 0) this.sent.clear();
    };
  }

  async look(now: Date): Promise<void> {
    if (this.listeners.size + this.joining.size === 0) return;
    const time = now.getTime();
    if (this.listeners.size === 0) this.since = time;
    const joining = [...this.joining.values()];
    const earliest =
      Math.min(this.since, ...joining.map(({ heardUntil }) => startOf(heardUntil, time))) - overlap;
    const changes = await this.changesSince(new Date(Math.max(earliest, this.resetAt)));
    if (changes === undefined) return this.reset(joining, time);
    const fresh = new Set(changes.filter((change) => this.isFresh(change)).map(({ id }) => id));
    const wanted = joining.length === 0 ? changes.filter(({ id }) => fresh.has(id)) : changes;
    for (let start = 0; start < wanted.length; start += maxRows)
      await this.tell(wanted.slice(start, start + maxRows), fresh, joining);
    for (const { stream, heardUntil } of joining) {
      // Who was away for longer reads everything anew.
      const isLate = heardUntil !== undefined && heardUntil < this.resetAt;
      if (isLate || (heardUntil !== undefined && startOf(heardUntil, time) !== heardUntil))
        stream.send('reset', '{}', time);
    }
    this.seen(joining, time);
  }

  /**
   * More has changed than one look reads: everybody reads everything anew, after this look. To read on from where it ended would
   * lag behind for ever where many jobs have one time.
   */
  private reset(joining: readonly Joining[], time: number): void {
    this.resetAt = time;
    for (const stream of this.listeners) stream.send('reset', '{}', time);
    for (const { stream, heardUntil } of joining)
      if (heardUntil !== undefined) stream.send('reset', '{}', time);
    this.seen(joining, time);
  }

  private seen(joining: readonly Joining[], time: number): void {
    for (const { stream } of joining) if (this.joining.delete(stream)) this.listeners.add(stream);
    this.since = time;
    for (const stream of this.listeners) stream.place = time;
    for (const [id, { time: at }] of this.sent) if (at < time - 2 * overlap) this.sent.delete(id);
  }

  /** Oldest first; some more than once in two looks, for clocks differ. Undefined: there are more than one look reads. */
  private async changesSince(from: Date): Promise<readonly Change[] | undefined> {
    const condition = { $or: [{ updatedAt: { $gte: from } }, { 'catena.progress.at': { $gte: from } }] };
    const jobs = await this.catalogue.jobs
      .find({ ...condition, ...acceptedJobs }, { projection: { updatedAt: 1, 'catena.progress.at': 1 } })
      .limit(maxChanges)
      .toArray();
    if (jobs.length === maxChanges) return undefined;
    return jobs.map(changeOf).sort((one, other) => one.time - other.time);
  }

  private isFresh({ id, time, state }: Change): boolean {
    return time >= this.since - overlap && this.sent.get(id)?.state !== state;
  }

  private async tell(
    changes: readonly Change[],
    fresh: ReadonlySet<string>,
    joining: readonly Joining[],
  ): Promise<void> {
    const facts = new Map(
      (await this.reader.facts(changes.map(({ id }) => id))).map((job) => [job._id, job]),
    );
    const company = await this.reader.companyOf([...facts.values()]);
    const send = (stream: OpenStream, job: JobFacts, time: number): void => {
      if (!this.rules.allows(accessTable.job.read, stream.caller, job)) return;
      const row = this.reader.rowFor(stream.caller, job, company);
      stream.send('job', JSON.stringify(this.texts.of(stream.caller)(row)), time);
    };
    for (const change of changes) {
      const { id, time } = change;
      const job = facts.get(id);
      if (job === undefined) continue;
      for (const { stream, heardUntil } of joining)
        if (fresh.has(id) || time >= (heardUntil ?? Infinity) - overlap) send(stream, job, time);
      if (!fresh.has(id)) continue;
      this.sent.set(id, change);
      for (const stream of this.listeners) send(stream, job, time);
    }
  }
}

/** From when on a listener is told what happened; the present for one who begins, or was away for too long. */
function startOf(heardUntil: number | undefined, now: number): number {
  if (heardUntil === undefined) return now;
  return heardUntil >= now - memory && heardUntil <= now + overlap ? heardUntil : now;
}

function changeOf({
  _id: id,
  updatedAt,
  catena,
}: Pick<JobFacts, 'updatedAt' | 'catena'> & { readonly _id: string }): Change {
  const times = [updatedAt?.getTime() ?? 0, catena?.progress?.at.getTime() ?? 0];
  return { id, time: Math.max(...times), state: times.join('/') };
}

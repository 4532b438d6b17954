import { Injectable } from '@nestjs/common';
import { isDuplicateKey } from '#persistence';
import { Steering, type EndedPause, type LimitChange, type ResumeWord } from '../aggregates/steering.js';
import {
  holdsAt,
  unsteered,
  type LimitOverride,
  type Pause,
  type SteeringChange,
  type SteeringState,
} from '../domain/steering.js';
import { AssemblerStore } from './assembler-store.js';
import { absent } from './queries.js';

/** The one record of the collection `settings`. */
export interface SteeringRecord {
  readonly _id: 'steering';
  readonly version: number;
  readonly pauses: Pause[];
  readonly overrides: LimitOverride[];
  readonly ended: EndedPause[];
  readonly changed?: SteeringChange;
}

const _id = 'steering';
const maxEnded = 100;
const nothing: SteeringRecord = { _id, version: 0, pauses: [], overrides: [], ended: [] };

/** What people said of the release of work, in the collection `settings`. */
@Injectable()
export class MongoSteering extends Steering {
  constructor(private readonly store: AssemblerStore) {
    super();
  }

  async at(now: Date): Promise<SteeringState> {
    const found = await this.store.settings.findOne({ _id });
    if (found === null) return unsteered;
    const { version, pauses, overrides, changed } = found;
    return {
      version,
      pauses: pauses.filter((pause) => holdsAt(pause, now)),
      overrides: overrides.filter((override) => holdsAt(override, now)),
      ...(changed === undefined ? {} : { changed }),
    };
  }

  async version(): Promise<number> {
    const found = await this.store.settings.findOne({ _id }, { projection: { version: 1 } });
    return found?.version ?? unsteered.version;
  }

  async pause(pause: Pause, now: Date): Promise<boolean> {
    await this.begin();
    const holds = { scope: pause.scope, $or: [{ until: absent }, { until: { $gt: now } }] };
    return this.change(
      { pauses: { $not: { $elemMatch: holds } } },
      { $push: { pauses: pause } },
      changeOf(pause, now, `pause of ${pause.scope}`),
    );
  }

  async resume(id: string, word: ResumeWord, now: Date): Promise<boolean> {
    const pause = (await this.store.settings.findOne({ _id }))?.pauses.find((one) => one.id === id);
    if (pause === undefined) return false;
    return this.end(pause, word, now);
  }

  async ended(id: string): Promise<EndedPause | undefined> {
    return (await this.store.settings.findOne({ _id }))?.ended.find((one) => one.id === id);
  }

  async setLimits(
    { limits, by, reason, entry, until }: LimitChange,
    version: number,
    now: Date,
  ): Promise<boolean> {
    await this.begin();
    const before = await this.store.settings.findOne({ _id, version });
    if (before === null) return false;
    const said = [...limits].flatMap(([limit, value]): LimitOverride[] =>
      value === undefined
        ? []
        : [
            {
              limit,
              value,
              by,
              reason,
              at: now,
              ...ofEntry(entry),
              ...(until === undefined ? {} : { until }),
            },
          ],
    );
    // Made of what was read at this version: the write asks for the same one.
    const overrides = [...before.overrides.filter(({ limit }) => !limits.has(limit)), ...said];
    const what = `limits ${[...limits.keys()].join(', ')}`;
    return this.change({ version }, { $set: { overrides } }, changeOf({ by, entry }, now, what));
  }

  async sweep(
    now: Date,
  ): Promise<{ readonly pauses: readonly Pause[]; readonly limits: readonly LimitOverride[] }> {
    const found = (await this.store.settings.findOne({ _id })) ?? nothing;
    const [pauses, limits]: [Pause[], LimitOverride[]] = [[], []];
    for (const pause of found.pauses)
      if (!holdsAt(pause, now) && (await this.end(pause, { by: 'its end' }, now))) pauses.push(pause);
    for (const override of found.overrides)
      if (!holdsAt(override, now) && (await this.endLimit(override, now))) limits.push(override);
    return { pauses, limits };
  }

  private end({ id, scope }: Pause, { by, entry }: ResumeWord, now: Date): Promise<boolean> {
    const ended = { id, scope, by, at: now, ...ofEntry(entry) };
    const change = { $pull: { pauses: { id } }, $push: { ended: { $each: [ended], $slice: -maxEnded } } };
    return this.change(
      { 'pauses.id': id },
      change,
      changeOf({ by, entry }, now, `end of the pause of ${scope}`),
    );
  }

  /** Not one that was set anew meanwhile. */
  private endLimit({ limit, at }: LimitOverride, now: Date): Promise<boolean> {
    const same = { limit, at };
    return this.change(
      { overrides: { $elemMatch: same } },
      { $pull: { overrides: same } },
      { by: 'its end', at: now, what: `limits ${limit}` },
    );
  }

  private async change(filter: object, change: object, changed: SteeringChange): Promise<boolean> {
    const merged = change as { $set?: object };
    const { matchedCount } = await this.store.settings.updateOne(
      { _id, ...filter },
      { ...merged, $set: { ...merged.$set, changed }, $inc: { version: 1 } },
    );
    return matchedCount > 0;
  }

  /** The record is there before something is decided by it. */
  private async begin(): Promise<void> {
    const { _id: id, ...fresh } = nothing;
    try {
      await this.store.settings.updateOne({ _id: id }, { $setOnInsert: fresh }, { upsert: true });
    } catch (error) {
      // Another process has just made it.
      if (!isDuplicateKey(error)) throw error;
    }
  }
}

function ofEntry(entry: string | undefined): { readonly entry?: string } {
  return entry === undefined ? {} : { entry };
}

function changeOf({ by, entry }: ResumeWord, at: Date, what: string): SteeringChange {
  return { by, at, what, ...ofEntry(entry) };
}

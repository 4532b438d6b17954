import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { stepOf } from '#persistence';
import { adoptionSteps } from '../domain/states.js';
import { ArchiverStore } from './archiver-store.js';
import type { Adoption, AdoptionOutcome, AdoptionProblem } from './records.js';

/** What an operator asks for. */
export type WantedAdoption = Pick<
  Adoption,
  'target' | 'pid' | 'createdBefore' | 'apply' | 'withoutChecksums' | 'by' | 'reason'
>;

/** Who goes on with a run: a write with an older token is refused. */
export type HeldAdoption = Pick<Adoption, '_id' | 'epoch'>;

/** One datablock of the catalogue. */
export interface AdoptionStep {
  /** Its id there: the next one comes after it. */
  readonly after: string;
  readonly outcome: AdoptionOutcome;
  /** Bytes that were read. */
  readonly bytes: number;
  readonly problem?: AdoptionProblem;
}

const ending = stepOf(adoptionSteps, 'running', 'done');
const stopping = stepOf(adoptionSteps, 'running', 'stopped');
/** Problems that a run keeps; all are counted. */
const maxProblems = 1000;

/** Runs that take over what an earlier system archived: each goes on where it was, whoever goes on with it. */
@Injectable()
export class Adoptions {
  constructor(private readonly store: ArchiverStore) {}

  /** @param _id its id: that of the audit entry of the operator's call */
  async begin(wanted: WantedAdoption, startedAt: Date, _id = newId()): Promise<Adoption> {
    const run: Adoption = {
      ...{
        _id,
        ...wanted,
        state: 'running' as const,
        startedAt,
        until: startedAt,
        epoch: 0,
        after: '',
      },
      counts: { looked: 0, known: 0, adopted: 0, adoptable: 0, refused: 0, bytes: 0 },
      problems: [],
    };
    await this.all.insertOne(run);
    return run;
  }

  async find(_id: string): Promise<Adoption | undefined> {
    return (await this.all.findOne({ _id })) ?? undefined;
  }

  /** The newest first. */
  newest(limit: number): Promise<Omit<Adoption, 'problems'>[]> {
    return this.all
      .find({}, { projection: { problems: 0 } })
      .sort({ startedAt: -1 })
      .limit(limit)
      .toArray();
  }

  /** A run with which nobody goes on, the oldest first. @param targets that this archiver serves */
  async take(targets: readonly string[], now: Date, until: Date): Promise<Adoption | undefined> {
    const taken = await this.all.findOneAndUpdate(
      { ...ending.from, until: { $lte: now }, target: { $in: [...targets] } },
      { $set: { until }, $inc: { epoch: 1 } },
      { sort: { startedAt: 1 }, returnDocument: 'after' },
    );
    return taken ?? undefined;
  }

  /** @returns false when it was stopped, or another archiver has it */
  async renew({ _id, epoch }: HeldAdoption, until: Date): Promise<boolean> {
    return (await this.all.updateOne({ _id, epoch, ...ending.from }, { $set: { until } })).matchedCount > 0;
  }

  /** It begins to read a datablock. @returns how often, with this; undefined as `renew` says false */
  async trying(run: HeldAdoption & Pick<Adoption, 'trying'>, _id: string): Promise<number | undefined> {
    const tries = run.trying?._id === _id ? run.trying.tries + 1 : 1;
    const { matchedCount } = await this.all.updateOne(
      { _id: run._id, epoch: run.epoch, ...ending.from },
      { $set: { trying: { _id, tries } } },
    );
    return matchedCount > 0 ? tries : undefined;
  }

  /** What came of a datablock, and that the next one is after it. @returns as `renew` */
  async step({ _id, epoch }: HeldAdoption, step: AdoptionStep, until: Date): Promise<boolean> {
    const { after, outcome, bytes, problem } = step;
    const { matchedCount } = await this.all.updateOne(
      { _id, epoch, ...ending.from },
      {
        $set: { after, until },
        $inc: { 'counts.looked': 1, [`counts.${outcome}`]: 1, 'counts.bytes': bytes },
        $unset: { waits: '', trying: '' },
        ...(problem === undefined ? {} : { $push: { problems: { $each: [problem], $slice: maxProblems } } }),
      },
    );
    return matchedCount > 0;
  }

  /** What it waits for, and until when. */
  async wait({ _id, epoch }: HeldAdoption, waits: string, until: Date): Promise<void> {
    // Whoever could say so has not died of it.
    const change = { $set: { waits, until }, $unset: { trying: '' } } as const;
    await this.all.updateOne({ _id, epoch, ...ending.from }, change);
  }

  /** @returns false when it was over, or another archiver has it */
  async end({ _id, epoch }: HeldAdoption, endedAt: Date): Promise<boolean> {
    const { matchedCount } = await this.all.updateOne(
      { _id, epoch, ...ending.from },
      { $set: { ...ending.to, endedAt }, $unset: { waits: '' } },
    );
    return matchedCount > 0;
  }

  /** Whoever goes on with it learns of it with its next step. @returns false when it was over */
  async stop(
    _id: string,
    { by, entry }: { readonly by: string; readonly entry: string },
    endedAt: Date,
  ): Promise<boolean> {
    const { matchedCount } = await this.all.updateOne(
      { _id, ...stopping.from },
      { $set: { ...stopping.to, stoppedBy: by, stopEntry: entry, endedAt }, $unset: { waits: '' } },
    );
    return matchedCount > 0;
  }

  /** @returns how many */
  async forgetEnded(before: Date): Promise<number> {
    const { deletedCount } = await this.all.deleteMany({
      state: { $in: [ending.to.state, stopping.to.state] },
      endedAt: { $lt: before },
    });
    return deletedCount;
  }

  private get all() {
    return this.store.adoptions;
  }
}

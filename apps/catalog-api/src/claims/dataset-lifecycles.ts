import { Injectable } from '@nestjs/common';
import { Clock, TransientError, wait } from '#kernel';
import type { LifecycleStep } from '#scicat-words';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';
import { nextVersion, versionOf } from '../records/dataset-version.js';

/** Attempts of a write that others get in the way of. */
const maxAttempts = 20;
const pauseMilliseconds = 20;

export interface ClaimedStep extends LifecycleStep {
  /** Further fields of the dataset, written with the step. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Whether the hold that allows the step still stands. */
  readonly holds: () => Promise<boolean>;
}

/**
 * Lifecycle words that follow from a job's hold on a dataset. The hold lies in another document, so `__v` of the dataset
 * is the fence: each of these writes raises it, and a dataset is marked for its next job only by such a write. A
 * process that slept after it had looked at its hold therefore changes nothing once the dataset has gone to another job.
 */
@Injectable()
export class DatasetLifecycles {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
  ) {}

  /**
   * The same step of many datasets, with few writes: they are of few versions and say few things.
   *
   * @param steps by pid
   * @param holding those of some pids whose hold still stands, asked after the datasets were read
   * @returns pids that are done; the others changed meanwhile, or lost their hold
   */
  async applyMany(
    steps: ReadonlyMap<string, LifecycleStep>,
    holding: (pids: readonly string[]) => Promise<ReadonlySet<string>>,
  ): Promise<string[]> {
    const pids = [...steps.keys()];
    const datasets = await this.catalogue.datasetsOf(pids, ['datasetlifecycle', '__v']);
    const held = await holding(pids);
    const there = new Set(datasets.map(({ pid }) => pid));
    const done = pids.filter((pid) => held.has(pid) && !there.has(pid));
    const together = new Map<string, { step: LifecycleStep; isSaid: boolean; of: typeof datasets }>();
    for (const dataset of datasets.filter(({ pid }) => held.has(pid))) {
      const step = steps.get(dataset.pid)!;
      const isSaid = says(dataset, step.expected);
      const key = keyOf(step, dataset, isSaid);
      const group = together.get(key) ?? { step, isSaid, of: [] };
      group.of.push(dataset);
      together.set(key, group);
    }
    for (const { step, isSaid, of } of together.values()) {
      const words = { ...prefixed(step.change), updatedAt: this.clock.now(), updatedBy: 'catena' };
      const gone = unsetting(step.without);
      const some = of.map(({ pid }) => pid);
      const { matchedCount } = await this.catalogue.datasets.updateMany(
        { pid: { $in: some }, __v: versionOf(of[0]!) },
        { ...(isSaid ? { $set: words, ...gone } : {}), $inc: nextVersion },
      );
      if (matchedCount === some.length) done.push(...some);
    }
    return done;
  }

  /** @returns false when the hold did not stand any more; a dataset that says other words than expected keeps them */
  async apply(pid: string, { change, without, expected, more = {}, holds }: ClaimedStep): Promise<boolean> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const dataset = await this.catalogue.datasets.findOne(
        { pid },
        { projection: { datasetlifecycle: 1, __v: 1 } },
      );
      // After the dataset was read, never before: only so does the fence cover what this answers.
      if (!(await holds())) return false;
      if (dataset === null) return true;
      const words = { ...prefixed(change), ...more, updatedAt: this.clock.now(), updatedBy: 'catena' };
      const { matchedCount } = await this.catalogue.datasets.updateOne(
        { pid, __v: versionOf(dataset) },
        // The version rises in any case: a request that is about to mark the dataset must look again.
        { ...(says(dataset, expected) ? { $set: words, ...unsetting(without) } : {}), $inc: nextVersion },
      );
      if (matchedCount === 1) return true;
      await wait(Math.random() * pauseMilliseconds * (attempt + 1));
    }
    throw new TransientError(
      'catalog.change-contended',
      `Dataset ${pid} changes too often at the moment: nothing was changed, try again.`,
    );
  }
}

function unsetting(without: LifecycleStep['without'] = []): { $unset?: Record<string, ''> } {
  return without.length === 0
    ? {}
    : { $unset: Object.fromEntries(without.map((field) => [`datasetlifecycle.${field}`, ''])) };
}

/** Which of several datasets are written by one write: those of one version that are to say the same. */
function keyOf(
  { change, without, expected }: LifecycleStep,
  { __v }: { readonly __v?: number },
  isSaid: boolean,
): string {
  return JSON.stringify([__v ?? null, isSaid, change, without, expected]);
}

/** A change of the lifecycle as fields of its dataset. */
export function prefixed(change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(change).map(([field, value]) => [`datasetlifecycle.${field}`, value]),
  );
}

function says(
  { datasetlifecycle }: Pick<DatasetRecord, 'datasetlifecycle'>,
  expected: LifecycleStep['expected'],
): boolean {
  return expected === undefined || expected.words.includes(datasetlifecycle[expected.field]);
}

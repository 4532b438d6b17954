import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { rowsById } from '#persistence';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import type { Lifecycle } from '#scicat-words';
import { Catalogue } from '../persistence/catalogue.js';
import { nextVersion, versionOf } from '../records/dataset-version.js';
import { DatasetEvidence, sameFlags, type Evidence, type FlaggedDataset } from './dataset-evidence.js';
import { contradictionIn, unproven, type Contradiction } from './flag-contradictions.js';

const page = 100;
/** All datasets are looked at in each run. */
const scope = 'flags';

interface Seen {
  readonly pid: string;
  readonly lifecycle: Lifecycle;
}

/**
 * Flags of datasets that neither their datablocks nor any job account for: those of jobs that a crash, or a restored database, has
 * swallowed. Two runs have to see the very same ones: a person may be about to change them.
 */
@Injectable()
export class DatasetFlags extends ReconciliationCheck {
  readonly name = 'flags of datasets';

  constructor(
    private readonly catalogue: Catalogue,
    private readonly evidence: DatasetEvidence,
    private readonly clock: Clock,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    let some: FlaggedDataset[] = [];
    const projection = { pid: 1, datasetlifecycle: 1, __v: 1 } as const;
    for await (const dataset of rowsById<FlaggedDataset & { _id: string }>(
      this.catalogue.datasets,
      {},
      { projection },
    )) {
      look.looked();
      some.push(dataset);
      if (some.length < page) continue;
      yield* this.among(some, look);
      some = [];
    }
    yield* this.among(some, look);
    await look.sawAll(scope);
  }

  /** One write, on the version on which nobody was found to work on it: who claims the dataset meanwhile raises that. */
  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const { pid, lifecycle } = seen as Seen;
    const dataset = await this.evidence.dataset(pid);
    if (dataset?.datasetlifecycle === undefined || !sameFlags(dataset.datasetlifecycle, lifecycle))
      return 'changed';
    const found = await this.contradiction(pid, lifecycle);
    if (found?.change === undefined) return 'changed';
    const words = Object.entries(found.change).map(([field, value]) => [`datasetlifecycle.${field}`, value]);
    const { matchedCount } = await this.catalogue.datasets.updateOne(
      { pid, __v: versionOf(dataset), ...asSeen(lifecycle) },
      {
        $set: {
          ...(Object.fromEntries(words) as object),
          ...{ updatedAt: this.clock.now(), updatedBy: 'catena' },
        },
        $inc: nextVersion,
      },
    );
    return matchedCount === 1 ? 'repaired' : 'changed';
  }

  private async *among(datasets: readonly FlaggedDataset[], look: Look): AsyncGenerator<Finding> {
    const counts = await this.evidence.countsOf(datasets.map(({ pid }) => pid));
    for (const { pid, datasetlifecycle } of datasets) {
      if (datasetlifecycle === undefined) continue;
      const first = { ...untouched, datablocks: { count: counts.get(pid) ?? 0, areOurs: true } };
      if (contradictionIn(datasetlifecycle, first) === undefined) continue;
      const finding = await this.judged(pid, look);
      if (finding !== undefined) yield finding;
    }
  }

  /** Read anew, and once more after all others were asked: a job that ended in between has set the flags. */
  private async judged(pid: string, look: Look): Promise<Finding | undefined> {
    const dataset = await this.evidence.dataset(pid);
    if (dataset?.datasetlifecycle === undefined) return undefined;
    const { datasetlifecycle: lifecycle } = dataset;
    const found = await this.contradiction(pid, lifecycle);
    const again = await this.evidence.dataset(pid);
    if (found === undefined || again?.datasetlifecycle === undefined || again.__v !== dataset.__v)
      return undefined;
    if (!sameFlags(again.datasetlifecycle, lifecycle)) return undefined;
    const seen = JSON.stringify([pid, Object.values(flagsOf(lifecycle)), dataset.__v]);
    return (await look.isOldNews(scope, seen)) ? findingOf(pid, lifecycle, found) : undefined;
  }

  private async contradiction(pid: string, lifecycle: Lifecycle): Promise<Contradiction | undefined> {
    const found = contradictionIn(lifecycle, await this.evidence.of(pid));
    if (found?.needsAllFiles !== true || (await this.evidence.holdsAllFiles(pid))) return found;
    return unproven(
      found,
      'nothing: its datablocks do not hold exactly the files that the catalogue lists; restore what is missing, or reset the dataset and archive it anew',
    );
  }
}

/** As if only Catena had ever worked on it, and did not now: what is no contradiction then is none. */
const untouched: Evidence = {
  datablocks: { count: 0, areOurs: true },
  ...{ isWorkedOn: false, wasOurs: true, isOthers: false },
};

function findingOf(pid: string, lifecycle: Lifecycle, found: Contradiction): Finding {
  const { archivable, retrievable, archiveStatusMessage, retrieveStatusMessage } = lifecycle;
  const says = `archivable ${archivable}, retrievable ${retrievable}, "${archiveStatusMessage}", "${retrieveStatusMessage}"`;
  return {
    ...{ kind: found.kind, subject: pid, where: 'catalogue: flags of the dataset' },
    expected: found.expected,
    found: says,
    remedy: found.remedy,
    canRepair: found.change !== undefined,
    seen: { pid, lifecycle } satisfies Seen,
  };
}

function flagsOf({ archivable, retrievable, archiveStatusMessage, retrieveStatusMessage }: Lifecycle) {
  return { archivable, retrievable, archiveStatusMessage, retrieveStatusMessage };
}

function asSeen(lifecycle: Lifecycle): object {
  const flags = Object.entries(flagsOf(lifecycle));
  return Object.fromEntries(flags.map(([field, value]) => [`datasetlifecycle.${field}`, value]));
}

import { Injectable } from '@nestjs/common';
import { UploadRefused } from '#ingestor-uploads';
import { lifecycleSteps } from '#scicat-words';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { BridgeParts } from '../persistence/bridge-parts.js';
import { Scicat, type ScicatDataset, type ScicatLifecycle } from '../scicat/scicat.js';

/** What a dataset says whose files are all there. */
const filesReady = { archivable: true, archiveStatusMessage: 'datasetCreated' };

/** Words of an archival that is under way, by whichever archive system. */
const archiving: readonly (string | undefined)[] = [
  lifecycleSteps.archiveScheduled.change.archiveStatusMessage,
  lifecycleSteps.archiveStarted.change.archiveStatusMessage,
];

/** Datasets of SciCat that files may still come for. */
@Injectable()
export class UploadableDatasets {
  constructor(
    private readonly scicat: Scicat,
    private readonly parts: BridgeParts,
    private readonly jobs: BridgeJobs,
  ) {}

  /**
   * @param groups of whoever wants to upload; being an administrator makes nobody an owner
   * @throws UploadRefused 403, 404, 409
   */
  async admit(username: string, groups: readonly string[], pid: string): Promise<ScicatDataset> {
    const { dataset, holder } = await this.look(pid);
    if (!groups.includes(dataset.ownerGroup))
      throw new UploadRefused(
        403,
        `Expected ${username} to be in the owner group of dataset ${pid} (${dataset.ownerGroup}), found other groups: files may not be uploaded for it.`,
      );
    refuseTaken(dataset, holder);
    return dataset;
  }

  /** @throws UploadRefused 404, 409 */
  async free(pid: string): Promise<ScicatDataset> {
    const { dataset, holder } = await this.look(pid);
    refuseTaken(dataset, holder);
    return dataset;
  }

  /**
   * SciCat knows no conditional write: what came between the look and the write is put right after it.
   *
   * @throws UploadRefused 404, 409
   */
  async markArchivable(pid: string): Promise<void> {
    const { datasetlifecycle: before } = await this.free(pid);
    if (saysReady(before)) return;
    if (!(await this.scicat.writeLifecycle(pid, filesReady))) throw missing(pid);
    const { dataset, holder } = await this.look(pid);
    const right =
      dataset.datasetlifecycle.retrievable === true ? lifecycleSteps.archived.change : holder?.told;
    if (right !== undefined && saysReady(dataset.datasetlifecycle)) {
      const { archivable, archiveStatusMessage }: ScicatLifecycle = right;
      await this.scicat.writeLifecycle(pid, {
        ...(archivable === undefined ? {} : { archivable }),
        ...(archiveStatusMessage === undefined ? {} : { archiveStatusMessage }),
      });
    }
    refuseTaken(dataset, holder);
  }

  /** The hold before the dataset: a job that ends meanwhile has written the dataset before it lets go of it. */
  private async look(pid: string) {
    const holder = await this.holderOf(pid);
    const dataset = await this.scicat.dataset(pid);
    if (dataset === undefined) throw missing(pid);
    return { dataset, holder };
  }

  private async holderOf(pid: string) {
    const holder = await this.parts.holderOf(pid);
    if (holder === undefined) return undefined;
    // What a process left that woke up too late holds nothing.
    const state = await this.jobs.stateOf(holder.jobId);
    return state === undefined || state === 'over' || state === 'left' ? undefined : holder;
  }
}

function saysReady({ archivable, archiveStatusMessage }: ScicatLifecycle): boolean {
  return archivable === filesReady.archivable && archiveStatusMessage === filesReady.archiveStatusMessage;
}

/** @throws UploadRefused 409 */
function refuseTaken(
  { pid, datasetlifecycle: { retrievable, archiveStatusMessage } }: ScicatDataset,
  holder: { readonly jobId: string } | undefined,
): void {
  if (holder !== undefined)
    throw new UploadRefused(
      409,
      `Dataset ${pid} is being worked on by job ${holder.jobId}: its files must not change now.`,
    );
  if (retrievable === true)
    throw new UploadRefused(
      409,
      `Dataset ${pid} is archived: its files must not change any more. Register a new dataset.`,
    );
  if (archiving.includes(archiveStatusMessage))
    throw new UploadRefused(
      409,
      `Dataset ${pid} says ${archiveStatusMessage} in SciCat: a job works on it, and its files must not change now.`,
    );
}

function missing(pid: string): UploadRefused {
  return new UploadRefused(
    404,
    `Expected dataset ${pid.slice(0, 200)} in SciCat, found none: register it first.`,
  );
}

import { Inject, Injectable } from '@nestjs/common';
import type { Workflow } from '#contracts';
import { Clock, newId } from '#kernel';
import { isThere } from '#persistence';
import { isExclusive } from '#scicat-words';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { Refusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import { intentField } from '../persistence/own-fields.js';

/** The two kinds of file lists: as ingested, and as archived. */
export type BlockCollection = 'OrigDatablock' | 'Datablock';

/** Condition of a write that was announced: it fails when a job took the dataset after the announcement. */
export type Passage = Readonly<{ 'catenaIntent.token': string }>;

interface Intent {
  readonly datasetId: string;
  readonly token: string;
  readonly at: Date;
}

/**
 * Keeps file lists from changing under a job. A write is announced inside the block, then looks whether a job holds the
 * dataset, and is carried out on the condition that its announcement still stands. A job claims its datasets first
 * and then removes all announcements: whichever comes second sees the other, however long either sleeps in between.
 */
@Injectable()
export class FileListFence {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claims: DatasetClaimRecords,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /**
   * Announces a new block as an empty one, which belongs to no dataset and is shown to nobody.
   *
   * @param unique fields that must be unique from the beginning
   * @throws Refusal 409 as `pass` does
   */
  async announce(
    collection: BlockCollection,
    _id: string,
    datasetId: string,
    unique: Readonly<Record<string, unknown>> = {},
  ): Promise<Passage> {
    await this.catalogue.whenSingle();
    const intent = this.intentFor(datasetId);
    await this.catalogue.records(collection).insertOne({ _id, ...unique, [intentField]: intent });
    return this.admitted(collection, intent, () =>
      this.catalogue.records(collection).deleteOne({ _id, ...passageOf(intent) }),
    );
  }

  /**
   * Announces a change, or the removal, of stored blocks.
   *
   * @throws Refusal 409 while a job holds the dataset; of lists of originals also after Catena has archived it
   */
  async pass(
    collection: BlockCollection,
    datasetId: string,
    which: Readonly<Record<string, unknown>>,
  ): Promise<Passage> {
    const intent = this.intentFor(datasetId);
    await this.catalogue
      .records(collection)
      .updateMany({ ...which, datasetId }, { $set: { [intentField]: intent } });
    return this.admitted(collection, intent, () =>
      this.catalogue
        .records(collection)
        .updateMany({ ...which, datasetId, ...passageOf(intent) }, { $unset: { [intentField]: '' } }),
    );
  }

  /** @throws Refusal 409 */
  async admit(collection: BlockCollection, pid: string): Promise<void> {
    // The claim before the dataset: a job that ends meanwhile has written the dataset before it lets go of it.
    const isListOfOriginals = collection === 'OrigDatablock';
    const claim = await (isListOfOriginals ? this.claims.exclusiveOn([pid]) : this.claims.openOn(pid));
    if (claim !== undefined)
      throw new Refusal(
        409,
        `Dataset ${pid} is being worked on by job ${claim.jobId}: its file lists must not change now. Wait for the end of the job, or cancel it.`,
      );
    if (isListOfOriginals && (await this.isArchived(pid)))
      throw new Refusal(
        409,
        `Dataset ${pid} is archived: its files must not change any more. Register a new dataset, or let an archive manager set archivable to true and retrievable to false, to archive it anew.`,
      );
  }

  /** Ends all announced writes of datasets that a job has claimed: what is carried out later fails. */
  async close(workflow: Workflow, pids: readonly string[]): Promise<void> {
    await Promise.all([
      ...(isExclusive(workflow) ? [this.closeOne('OrigDatablock', pids)] : []),
      this.closeOne('Datablock', pids),
    ]);
  }

  /** Removes what a crash left of announced writes. One that is slow instead is announced again. */
  async sweep(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.config.orphanClaimAge);
    for (const collection of ['OrigDatablock', 'Datablock'] as const)
      await this.end(collection, { [`${intentField}.at`]: { $lt: before } });
  }

  /** As a rule nothing is announced. What comes after this look finds the claim of the job, as what comes after an end does. */
  private async closeOne(collection: BlockCollection, pids: readonly string[]): Promise<void> {
    const announced = { [`${intentField}.datasetId`]: { $in: [...pids] } };
    if (await isThere(this.catalogue.records(collection), announced)) await this.end(collection, announced);
  }

  private async end(collection: BlockCollection, which: object): Promise<void> {
    const blocks = this.catalogue.records(collection);
    await blocks.deleteMany({ ...which, datasetId: { $exists: false } });
    await blocks.updateMany({ ...which, datasetId: { $exists: true } }, { $unset: { [intentField]: '' } });
  }

  private async admitted(
    collection: BlockCollection,
    intent: Intent,
    takeBack: () => Promise<unknown>,
  ): Promise<Passage> {
    try {
      await this.admit(collection, intent.datasetId);
      return passageOf(intent);
    } catch (error) {
      await takeBack();
      throw error;
    }
  }

  /** Archive systems of others register datablocks and set the lifecycle as they always did: they decide themselves. */
  private async isArchived(pid: string): Promise<boolean> {
    const archived = { pid, 'datasetlifecycle.retrievable': true };
    if (!(await isThere(this.catalogue.datasets, archived))) return false;
    const ours = { datasetId: pid, createdBy: 'catena' };
    return isThere(this.catalogue.datablocks, ours);
  }

  private intentFor(datasetId: string): Intent {
    return { datasetId, token: newId(), at: this.clock.now() };
  }
}

function passageOf({ token }: Intent): Passage {
  return { 'catenaIntent.token': token };
}

import { Injectable } from '@nestjs/common';
import { wholeListById } from '#persistence';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { shapeField } from '../domain/metadata-shape.js';
import { MetadataShapes } from '../records/metadata-shapes.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';
import { PublicationPolicy } from './publication-policy.js';
import type { PublishedDataRecord } from './published-data-record.js';

type Fields = Record<string, unknown>;
type Publication = Pick<PublishedDataRecord, '_id' | 'datasetPids'>;
type FoundDataset = Pick<
  DatasetRecord,
  'pid' | 'ownerGroup' | 'accessGroups' | 'isPublished' | 'size' | 'numberOfFiles'
>;

/** The datasets of a publication: whether they may be published, and whether the public sees them. */
@Injectable()
export class PublicationDatasets {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly policy: PublicationPolicy,
    private readonly shapes: MetadataShapes,
  ) {}

  /** @throws Refusal 404 or 403 naming a dataset that stands in the way; nothing was changed */
  async check(caller: Caller, { datasetPids }: Publication): Promise<void> {
    const datasets = await this.find(datasetPids);
    const found = new Set(datasets.map(({ pid }) => pid));
    const missing = datasetPids.filter((pid) => !found.has(pid));
    if (missing.length > 0) throw new Refusal(404, `Dataset not found: ${missing.join(', ')}`);
    const refused = datasets.find(
      (dataset) => !this.rules.allows(accessTable.dataset.update, caller, dataset),
    );
    if (refused !== undefined)
      throw new Refusal(403, `Unauthorized to update this dataset: ${refused.pid}. Nothing was published.`);
  }

  /**
   * All datasets and their blocks in one write each; archive states are not touched.
   *
   * @returns those that were not public before
   */
  async show({ datasetPids }: Publication, by: string, more: Fields = {}): Promise<string[]> {
    const closed = (await this.find(datasetPids)).filter(({ isPublished }) => isPublished !== true);
    await this.mark(datasetPids, true, by, more);
    return closed.map(({ pid }) => pid);
  }

  /** Datasets that no other publication shows are private again. */
  async hide({ _id, datasetPids }: Publication, by: string): Promise<void> {
    await this.hideBut(datasetPids, by, { _id: { $ne: _id } });
  }

  /** Takes back what was shown for a step that was refused; the publication itself may be public by another request. */
  async hideAgain(opened: readonly string[], by: string): Promise<void> {
    await this.hideBut(opened, by, {});
  }

  /** @param condition on the publications that count */
  private async hideBut(datasetPids: readonly string[], by: string, condition: Fields): Promise<void> {
    if (datasetPids.length === 0) return;
    const shown = await this.shownBy(datasetPids, condition);
    const hidden = datasetPids.filter((pid) => !shown.has(pid));
    await this.mark(hidden, false, by, {});
    // A publication that became public meanwhile has shown its datasets before they were hidden here.
    const again = await this.shownBy(hidden, condition);
    await this.mark([...again], true, by, {});
  }

  /** Those of the datasets that a publication shows. */
  private async shownBy(datasetPids: readonly string[], condition: Fields): Promise<ReadonlySet<string>> {
    const wanted = new Set(datasetPids);
    const shown = new Set<string>();
    for await (const { datasetPids: pids } of this.showing(datasetPids, condition))
      for (const pid of pids) if (wanted.has(pid)) shown.add(pid);
    return shown;
  }

  /** One of the datasets that a publication shows, and which. */
  async firstShown(
    datasetPids: readonly string[],
  ): Promise<{ readonly pid: string; readonly doi: string } | undefined> {
    const wanted = new Set(datasetPids);
    for await (const { _id: doi, datasetPids: pids } of this.showing(datasetPids, {}))
      for (const pid of pids) if (wanted.has(pid)) return { pid, doi };
    return undefined;
  }

  /** Publications that show one of the datasets. */
  private showing(datasetPids: readonly string[], condition: Fields): AsyncIterable<Publication> {
    return wholeListById<Publication>(
      this.catalogue.records('PublishedData'),
      {
        ...condition,
        datasetPids: { $in: [...datasetPids] },
        status: { $in: ['public', 'registered', 'amended'] },
        'catena.embargoUntil': { $exists: false },
        // Amended after a withdrawal: it shows nothing before it is registered again.
        'catena.withdrawal': { $exists: false },
      },
      { projection: { datasetPids: 1 } },
    );
  }

  async totals(
    pids: readonly string[],
  ): Promise<Pick<PublishedDataRecord, 'numberOfFiles' | 'sizeOfArchive'>> {
    const datasets = await this.find(pids);
    const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + (number || 0), 0);
    return {
      numberOfFiles: sum(datasets.map(({ numberOfFiles }) => numberOfFiles)),
      sizeOfArchive: sum(datasets.map(({ size }) => size)),
    };
  }

  private find(pids: readonly string[]): Promise<FoundDataset[]> {
    return this.catalogue.datasetsOf(pids, [
      ...(['ownerGroup', 'accessGroups', 'isPublished', 'size', 'numberOfFiles'] as const),
    ]);
  }

  private async mark(pids: readonly string[], isPublished: boolean, by: string, more: Fields): Promise<void> {
    if (pids.length === 0) return;
    const publication = { isPublished };
    const condition = { $in: [...pids] };
    const former = await this.shapes.idsOf('Dataset', pids);
    await this.catalogue.datasets.updateMany(
      { _id: condition },
      {
        $set: { ...publication, ...more, updatedBy: by, updatedAt: this.policy.now() },
        // It has other readers now; a record without a shape gets one, even if a process dies in between.
        $unset: { [shapeField]: '' },
      },
    );
    await this.shapes.giveAll('Dataset', pids);
    for (const id of former) await this.shapes.retire('Dataset', id);
    await Promise.all([
      this.catalogue.origDatablocks.updateMany({ datasetId: condition }, { $set: publication }),
      this.catalogue.datablocks.updateMany({ datasetId: condition }, { $set: publication }),
    ]);
  }
}

import { Injectable } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { AttachmentService } from '../attachments/attachment.service.js';
import { MetadataKeys } from '../metadata-keys/metadata-keys.service.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';
import { ProposalCounters } from './proposal-counters.js';
import { RecordStore } from '../records/record-store.js';
import { ComputedDatasetValues } from './computed-values.js';

type Fields = Record<string, unknown>;

/** What else changes when a dataset does: other collections, counters, values computed from its own. */
@Injectable()
export class DatasetConsequences {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly records: RecordStore,
    private readonly values: ComputedDatasetValues,
    private readonly metadataKeys: MetadataKeys,
    private readonly proposals: ProposalCounters,
    private readonly attachments: AttachmentService,
  ) {}

  /** Fields the server sets when a dataset is created. */
  async computedFor(caller: Caller, fields: Fields): Promise<Fields> {
    const [values] = await Promise.all([this.values.of(caller, fields), this.metadataKeys.announceNew()]);
    return values;
  }

  async ofCreation(dataset: DatasetRecord): Promise<void> {
    await Promise.all([this.proposals.added(dataset.proposalIds ?? []), this.metadataKeys.syncNew(dataset)]);
  }

  /** @returns the dataset with what the server computed anew */
  async ofChange(before: DatasetRecord, after: DatasetRecord): Promise<DatasetRecord> {
    await Promise.all([this.copyRights(before, after), this.recount(before, after)]);
    if (!isSame(keySource(before), keySource(after))) await this.metadataKeys.sync('dataset', after);
    const { scientificMetadata: metadata, scientificMetadataSchema: schema } = after;
    if (isSame(before.scientificMetadata, metadata) && before['scientificMetadataSchema'] === schema)
      return after;
    const valid = await this.values.isValid(schema, metadata);
    if (valid === undefined || valid === after['scientificMetadataValid']) return after;
    await this.catalogue.datasets.updateOne({ _id: after.pid }, { $set: { scientificMetadataValid: valid } });
    return { ...after, scientificMetadataValid: valid };
  }

  async ofRemoval(dataset: DatasetRecord, by: string): Promise<void> {
    const { pid } = dataset;
    await Promise.all([
      this.records.removeMany('OrigDatablock', { datasetId: pid }, by),
      this.records.removeMany('Datablock', { datasetId: pid }, by),
      this.attachments.removeAllFrom(by, { type: 'dataset', id: pid }),
      this.metadataKeys.remove('dataset', pid),
      this.proposals.removed(dataset.proposalIds ?? []),
    ]);
  }

  /** Blocks carry their dataset's groups: rights of a block are rights of its dataset. */
  private async copyRights(before: DatasetRecord, after: DatasetRecord): Promise<void> {
    const rights = (dataset: DatasetRecord): Fields => ({
      ownerGroup: dataset.ownerGroup,
      accessGroups: dataset.accessGroups,
      isPublished: dataset.isPublished,
      ...(dataset.instrumentGroup === undefined ? {} : { instrumentGroup: dataset.instrumentGroup }),
    });
    if (isSame(rights(before), rights(after))) return;
    const change = { $set: rights(after) };
    await Promise.all([
      this.catalogue.origDatablocks.updateMany({ datasetId: after.pid }, change),
      this.catalogue.datablocks.updateMany({ datasetId: after.pid }, change),
    ]);
  }

  private async recount(before: DatasetRecord, after: DatasetRecord): Promise<void> {
    const [old, now] = [before.proposalIds ?? [], after.proposalIds ?? []];
    await Promise.all([
      this.proposals.added(now.filter((id) => !old.includes(id))),
      this.proposals.removed(old.filter((id) => !now.includes(id))),
    ]);
  }
}

/** What the collection of metadata keys is made of. */
function keySource({ scientificMetadata, ownerGroup, accessGroups, isPublished }: DatasetRecord): unknown[] {
  return [scientificMetadata, ownerGroup, accessGroups, isPublished];
}

function isSame(first: unknown, second: unknown): boolean {
  return JSON.stringify(first) === JSON.stringify(second);
}

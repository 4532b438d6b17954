import { Injectable } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';
import { RecordStore } from '../records/record-store.js';
import { PolicyService } from './policy.service.js';
import { MetadataSchemas } from './scientific-metadata.js';

type Fields = Record<string, unknown>;

/** What else changes when a dataset does: other collections, counters, values computed from its own. */
@Injectable()
export class DatasetConsequences {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly records: RecordStore,
    private readonly policies: PolicyService,
    private readonly schemas: MetadataSchemas,
  ) {}

  /** Fields the server sets when a dataset is created. */
  async computedFor(caller: Caller, fields: Fields): Promise<Fields> {
    const valid = await this.schemas.isValid(
      fields['scientificMetadataSchema'],
      fields['scientificMetadata'],
    );
    return {
      classification: await this.policies.classificationFor(caller, fields),
      ...(valid === undefined ? {} : { scientificMetadataValid: valid }),
    };
  }

  async ofCreation(_dataset: DatasetRecord): Promise<void> {
    await Promise.resolve();
  }

  /** @returns the dataset with what the server computed anew */
  async ofChange(before: DatasetRecord, after: DatasetRecord): Promise<DatasetRecord> {
    await this.copyRights(before, after);
    const { scientificMetadata: metadata, scientificMetadataSchema: schema } = after;
    if (isSame(before.scientificMetadata, metadata) && before['scientificMetadataSchema'] === schema)
      return after;
    const valid = await this.schemas.isValid(schema, metadata);
    if (valid === undefined || valid === after['scientificMetadataValid']) return after;
    await this.catalogue.datasets.updateOne({ _id: after.pid }, { $set: { scientificMetadataValid: valid } });
    return { ...after, scientificMetadataValid: valid };
  }

  async ofRemoval(dataset: DatasetRecord, by: string): Promise<void> {
    const { pid } = dataset;
    await Promise.all([
      this.records.removeMany('OrigDatablock', { datasetId: pid }, by),
      this.records.removeMany('Datablock', { datasetId: pid }, by),
      this.removeAttachments(pid, by),
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

  /** An attachment that belongs to other things as well only loses its tie. */
  private async removeAttachments(pid: string, by: string): Promise<void> {
    const tied = { relationships: { $elemMatch: { targetId: pid, targetType: 'dataset' } } };
    await this.catalogue.records('Attachment').updateMany({ ...tied, 'relationships.1': { $exists: true } }, {
      $pull: { relationships: { targetId: pid, targetType: 'dataset' } },
    } as object);
    await this.records.removeMany('Attachment', tied, by);
  }
}

function isSame(first: unknown, second: unknown): boolean {
  return JSON.stringify(first) === JSON.stringify(second);
}

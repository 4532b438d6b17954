import { Injectable } from '@nestjs/common';
import { attachmentV3View, type AttachmentRecord } from '../attachments/attachment-answers.js';
import { v3View } from '../datasets/dataset-answers.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, both, type Caller, type Condition } from '../domain/access.js';
import { BadRequest } from '../domain/errors.js';
import type { FieldQuery } from '../domain/field-query.js';
import type { LoopbackQuery } from '../domain/loopback-filter.js';
import { hiddenOfSamples } from '../domain/metadata-paths.js';
import { MetadataNames } from '../metadata-keys/metadata-names.js';
import type { DatasetRecord } from '../persistence/records.js';
import { RecordQueries, type Page, type Selection } from '../records/record-queries.js';
import { sampleAnswer, type SampleRecord } from './sample-record.js';

const maxRelated = 100;

/** Everything that is asked of samples together with the caller's rights on what belongs to them. */
@Injectable()
export class SampleQueries {
  constructor(
    private readonly queries: RecordQueries,
    private readonly rules: AccessRules,
    private readonly names: MetadataNames,
  ) {}

  /** What the list shows: all that the caller may read. */
  readable(caller: Caller | undefined, where: Record<string, unknown>): Selection {
    return { where, visible: this.rules.condition(accessTable.sample.read, caller) };
  }

  /** Full queries leave out published samples of others, unless they are asked for. */
  selection(
    caller: Caller | undefined,
    { where, wantsPublished = false }: Partial<FieldQuery> & { where: Record<string, unknown> },
  ): Selection {
    const { read, query } = accessTable.sample;
    return { where, visible: this.rules.condition(wantsPublished ? read : query, caller) };
  }

  async list(selection: Selection, page: Page): Promise<SampleRecord[]> {
    return (await this.queries.list<SampleRecord>('Sample', selection, page)).map(sampleAnswer);
  }

  count(selection: Selection): Promise<number> {
    return this.queries.count('Sample', selection);
  }

  /** The first sample of a filter that the caller may read, with the relations asked for. */
  async findOne(caller: Caller, query: LoopbackQuery): Promise<object | undefined> {
    const relations = query.include.map(({ relation: name }) => {
      if (name === 'attachments' || name === 'datasets') return name;
      throw new BadRequest(
        `Provided include field ${JSON.stringify(name)} is not part of the sample relations`,
      );
    });
    const [sample] = await this.list(this.readable(caller, query.where), { ...query, limit: 1 });
    if (sample === undefined) return undefined;
    return {
      ...sample,
      ...(relations.includes('attachments') ? { attachments: await this.attachmentsOf(sample._id) } : {}),
      ...(relations.includes('datasets') ? { datasets: await this.datasetsOf(caller, sample._id) } : {}),
    };
  }

  /** The datasets of a sample that the caller may read, newest first. */
  async datasetsOf(caller: Caller, id: string): Promise<object[]> {
    const visible = this.rules.condition(accessTable.dataset.read, caller);
    const datasets = await this.queries.list<DatasetRecord>(
      'Dataset',
      { where: { sampleIds: id }, visible },
      { limit: maxRelated, sort: { createdAt: -1 } },
    );
    return datasets.map((dataset) => v3View(dataset));
  }

  /** Dotted paths of the characteristics of the samples of a selection. */
  paths({ where, visible }: Selection, containing: string | undefined): Promise<string[]> {
    return this.names.of(
      'Sample',
      { condition: both(where, visible) },
      { containing, hidden: hiddenOfSamples },
    );
  }

  /** Attachments of a sample are the business of who may read the sample. */
  private async attachmentsOf(id: string): Promise<object[]> {
    const hanging: Condition = { relationships: { $elemMatch: { targetType: 'sample', targetId: id } } };
    const attachments = await this.queries.list<AttachmentRecord>(
      'Attachment',
      { visible: hanging },
      { limit: maxRelated, sort: { createdAt: -1 } },
    );
    return attachments.map(attachmentV3View);
  }
}

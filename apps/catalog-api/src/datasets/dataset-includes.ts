import { Injectable } from '@nestjs/common';
import { AccessRules, both, type Caller, type Condition } from '../domain/access.js';
import { accessTable, type Rule } from '../domain/access-table.js';
import { BadRequest } from '../domain/errors.js';
import type { Include } from '../domain/loopback-filter.js';
import { Catalogue, type CollectionName } from '../persistence/catalogue.js';
import { withoutOwnFields } from '../persistence/own-fields.js';
import type { DatasetRecord } from '../persistence/records.js';

interface Related {
  readonly _id: string;
  readonly [field: string]: unknown;
}

interface Relation {
  readonly collection: CollectionName;
  /** Field of the related record that names its dataset, or of the dataset that names related records. */
  readonly theirs?: string;
  readonly ours?: string;
  readonly rule: Rule;
}

const relations: Readonly<Record<string, Relation>> = {
  instruments: { collection: 'Instrument', ours: 'instrumentIds', rule: accessTable.instrument.read },
  proposals: { collection: 'Proposal', ours: 'proposalIds', rule: accessTable.proposal.read },
  samples: { collection: 'Sample', ours: 'sampleIds', rule: accessTable.sample.read },
  origdatablocks: {
    collection: 'OrigDatablock',
    theirs: 'datasetId',
    rule: accessTable.dataset.readUnshared,
  },
  datablocks: { collection: 'Datablock', theirs: 'datasetId', rule: accessTable.dataset.readUnshared },
  attachments: {
    collection: 'Attachment',
    theirs: 'relationships.targetId',
    rule: accessTable.attachment.read,
  },
};
/** Related records of one answer, all datasets together. */
const mostRelated = 20_000;

/** Adds related records to datasets: one query a relation, filtered by what the caller may see of that relation. */
@Injectable()
export class DatasetIncludes {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
  ) {}

  /** @throws BadRequest for a relation that datasets do not have */
  async add(
    caller: Caller | undefined,
    datasets: DatasetRecord[],
    include: readonly (string | Include)[],
  ): Promise<void> {
    const wanted = include.map((item) => (typeof item === 'string' ? plain(item) : item));
    const all = wanted.find(({ relation }) => relation === 'all');
    const includes =
      all === undefined
        ? wanted
        : Object.keys(relations).map((relation) => ({ ...all, relation, where: {} }));
    for (const { relation } of includes) {
      if (!Object.hasOwn(relations, relation))
        throw new BadRequest(
          `Provided include field ${JSON.stringify(relation)} is not part of the dataset relations`,
        );
    }
    await Promise.all(includes.map((item) => this.addOne(caller, datasets, item)));
  }

  private async addOne(
    caller: Caller | undefined,
    datasets: DatasetRecord[],
    include: Include,
  ): Promise<void> {
    const relation = relations[include.relation]!;
    const related = await this.related(
      relation,
      datasets,
      include,
      this.rules.condition(relation.rule, caller),
    );
    for (const dataset of datasets) {
      const mine = related.filter((record) => belongsTo(record, dataset, relation));
      const end =
        include.limit === undefined || include.limit === 0 ? undefined : include.skip + include.limit;
      dataset[include.relation] = mine.slice(include.skip, end);
    }
  }

  private async related(
    { collection, ours, theirs }: Relation,
    datasets: readonly DatasetRecord[],
    { where, projection, sort }: Include,
    visible: Condition,
  ): Promise<Related[]> {
    const ids =
      ours === undefined
        ? datasets.map(({ pid }) => pid)
        : datasets
            .flatMap((dataset) => (dataset[ours] ?? []) as unknown[])
            .filter((id) => typeof id === 'string');
    if (ids.length === 0) return [];
    const condition = both(both({ [theirs ?? '_id']: { $in: [...new Set(ids)] } }, visible), where);
    const cursor = this.catalogue.records(collection).find(condition, {
      projection: withoutOwnFields(
        projection === undefined ? undefined : { ...projection, ...keysOf(projection, theirs) },
      ),
    });
    return cursor
      .sort(sort ?? (theirs === undefined ? { _id: 1 } : { [theirs]: 1, _id: 1 }))
      .limit(mostRelated)
      .toArray();
  }
}

/** The key must come along, or nobody knows whose record it is. */
function keysOf(projection: Record<string, 0 | 1>, theirs: string | undefined): Record<string, 1> {
  const inclusive = Object.values(projection).includes(1);
  return inclusive && theirs !== undefined ? { [theirs.split('.')[0]!]: 1 } : {};
}

function belongsTo(record: Related, dataset: DatasetRecord, { ours, theirs }: Relation): boolean {
  if (ours !== undefined) return ((dataset[ours] ?? []) as unknown[]).includes(record._id);
  if (theirs === 'datasetId') return record['datasetId'] === dataset.pid;
  const ties = (record['relationships'] ?? []) as { targetId?: unknown; targetType?: unknown }[];
  return ties.some(({ targetId, targetType }) => targetId === dataset.pid && targetType === 'dataset');
}

function plain(relation: string): Include {
  return { relation, where: {}, projection: undefined, limit: undefined, skip: 0, sort: undefined };
}

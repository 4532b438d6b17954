import { Injectable } from '@nestjs/common';
import { AccessRules, both, type Caller, type Condition } from '../domain/access.js';
import { accessTable, type Rule } from '../domain/access-table.js';
import { BadRequest } from '../domain/errors.js';
import { refuseRepeated, type Include } from '../domain/loopback-filter.js';
import { alsoReading, hide, type Projection, type Reading } from '../domain/projection.js';
import type { RelatedFields } from '../domain/v4-filter.js';
import { Catalogue, type CollectionName } from '../persistence/catalogue.js';
import { inOrder } from '../persistence/insertion-order.js';
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
/** Names of what can be included in a dataset. */
export const datasetRelations: readonly string[] = Object.keys(relations);

export interface IncludeOptions {
  /** For what a consumer must read completely, such as the datasets of a job: more is allowed. */
  readonly whole?: boolean;
  /** Which fields of related records are shown; those of a relation that is not named here are. */
  readonly related?: RelatedFields;
}

type NarrowInclude = Include & { readonly only: readonly string[] };

/** Related records of one answer, all datasets and relations together. */
const maxRelated = 20_000;
/** Files in the blocks of a list of datasets. */
const maxFiles = 200_000;
/** The same of one dataset, or of one job, which nobody can ask for in pieces. */
const maxOfWhole = { records: 100_000, files: 500_000 } as const;

/** What the related records of one answer may still hold. */
class RelatedBudget {
  private records = 0;
  private files = 0;

  constructor(private readonly most: { readonly records: number; readonly files: number }) {}

  /** Records that may still be read, and one more that tells of an overrun. */
  get room(): number {
    return this.most.records - this.records + 1;
  }

  /** @throws BadRequest */
  spend(record: Related): void {
    this.records += 1;
    const files: unknown = record['dataFileList'];
    this.files += Array.isArray(files) ? files.length : 0;
    if (this.records > this.most.records) throw tooMuch(`${this.most.records} related records`);
    if (this.files > this.most.files) throw tooMuch(`${this.most.files} files`);
  }
}

function tooMuch(what: string): BadRequest {
  return new BadRequest(
    `Invalid filter: the includes bring more than ${what}: ask for fewer datasets at once, or fewer relations, or read the blocks of each dataset by themselves (GET /api/v3/datasets/PID/origdatablocks).`,
  );
}

/** Adds related records to datasets: one query a relation, filtered by what the caller may see of that relation. */
@Injectable()
export class DatasetIncludes {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
  ) {}

  /**
   * The datasets must have been read with `joinFields(include)`.
   *
   * @throws BadRequest for a relation that datasets do not have, or is named twice, and when they bring too much
   */
  async add(
    caller: Caller | undefined,
    datasets: DatasetRecord[],
    include: readonly (string | Include)[],
    { whole = datasets.length === 1, related = {} }: IncludeOptions = {},
  ): Promise<void> {
    const includes = wantedOf(include);
    const budget = new RelatedBudget(whole ? maxOfWhole : { records: maxRelated, files: maxFiles });
    const only = (relation: string): readonly string[] => related[relation] ?? [];
    await Promise.all(
      includes.map((item) => this.addOne(caller, datasets, { ...item, only: only(item.relation) }, budget)),
    );
  }

  private async addOne(
    caller: Caller | undefined,
    datasets: DatasetRecord[],
    include: NarrowInclude,
    budget: RelatedBudget,
  ): Promise<void> {
    const relation = relations[include.relation]!;
    const visible = this.rules.condition(relation.rule, caller);
    const { projection, hidden } = readingOf(include, relation);
    const wanted = { include: { ...include, projection }, visible, budget };
    const related = await this.related(relation, datasets, wanted);
    const recordsOf = grouped(related, relation);
    hide(related, hidden);
    for (const dataset of datasets) {
      const end =
        include.limit === undefined || include.limit === 0 ? undefined : include.skip + include.limit;
      dataset[include.relation] = recordsOf(dataset).slice(include.skip, end);
    }
  }

  private async related(
    { collection, ours, theirs }: Relation,
    datasets: readonly DatasetRecord[],
    {
      include: { where, projection, sort },
      visible,
      budget,
    }: {
      include: Pick<Include, 'where' | 'sort'> & { readonly projection: Projection | undefined };
      visible: Condition;
      budget: RelatedBudget;
    },
  ): Promise<Related[]> {
    const ids =
      ours === undefined
        ? datasets.map(({ pid }) => pid)
        : datasets
            .flatMap((dataset) => (dataset[ours] ?? []) as unknown[])
            .filter((id) => typeof id === 'string');
    if (ids.length === 0) return [];
    const condition = both(both({ [theirs ?? '_id']: { $in: [...new Set(ids)] } }, visible), where);
    const cursor = this.catalogue
      .records(collection)
      .find(condition, {
        projection: withoutOwnFields(projection),
      })
      .sort(inOrder(sort))
      .limit(budget.room);
    const found: Related[] = [];
    // Read one after another: what is too much is not held.
    for await (const record of cursor) {
      budget.spend(record);
      found.push(record);
    }
    return found;
  }
}

/** The related records of each dataset, in their order, found by key: every record is looked at once. */
function grouped(
  related: readonly Related[],
  { ours, theirs }: Relation,
): (dataset: DatasetRecord) => Related[] {
  if (ours !== undefined) {
    const places = new Map(related.map(({ _id }, index) => [_id, index]));
    return (dataset) =>
      [...new Set((dataset[ours] ?? []) as unknown[])]
        .map((id) => places.get(id as string))
        .filter((place) => place !== undefined)
        .sort((one, other) => one - other)
        .map((place) => related[place]!);
  }
  const groups = new Map<unknown, Related[]>();
  for (const record of related)
    for (const pid of new Set(theirs === 'datasetId' ? [record['datasetId']] : tiesOf(record))) {
      const group = groups.get(pid);
      if (group === undefined) groups.set(pid, [record]);
      else group.push(record);
    }
  return ({ pid }) => groups.get(pid) ?? [];
}

/** Datasets that an attachment hangs on. */
function tiesOf(record: Related): unknown[] {
  const ties = (record['relationships'] ?? []) as { targetId?: unknown; targetType?: unknown }[];
  return ties.filter(({ targetType }) => targetType === 'dataset').map(({ targetId }) => targetId);
}

/** The key must come along, or nobody knows whose record it is. */
function readingOf({ projection, only }: NarrowInclude, { theirs }: Relation): Reading {
  const key = theirs === undefined ? '_id' : theirs.split('.', 1)[0]!;
  if (only.length === 0) return alsoReading(projection, [key]);
  const reading = alsoReading(Object.fromEntries(only.map((name) => [name, 1])), [key]);
  // Fields named by `relation.field` are all there is: not even the id stands beside them.
  return only.includes('_id') ? reading : { ...reading, hidden: [...reading.hidden, '_id'] };
}

/** @throws BadRequest for a relation that datasets do not have, or is named twice */
function wantedOf(include: readonly (string | Include)[]): readonly Include[] {
  const wanted = include.map((item) => (typeof item === 'string' ? plain(item) : item));
  refuseRepeated(wanted.map(({ relation }) => relation));
  const all = wanted.find(({ relation }) => relation === 'all');
  const includes =
    all === undefined ? wanted : datasetRelations.map((relation) => ({ ...all, relation, where: {} }));
  for (const { relation } of includes) {
    if (!Object.hasOwn(relations, relation))
      throw new BadRequest(
        `Provided include field ${JSON.stringify(relation)} is not part of the dataset relations`,
      );
  }
  return includes;
}

/** Fields of a dataset by which its related records are found. @throws BadRequest as `add` does */
export function joinFields(include: readonly (string | Include)[]): string[] {
  return [...new Set(wantedOf(include).map(({ relation }) => relations[relation]?.ours ?? 'pid'))];
}

function plain(relation: string): Include {
  return { relation, where: {}, projection: undefined, limit: undefined, skip: 0, sort: undefined };
}

import { Injectable } from '@nestjs/common';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import type { Caller } from '../domain/access.js';
import type { Rule } from '../domain/access-table.js';
import { BadRequest } from '../domain/errors.js';
import { refuseRepeated, type Include } from '../domain/loopback-filter.js';
import { alsoReading, hide, type Projection } from '../domain/projection.js';
import { parseV4Filter } from '../domain/v4-filter.js';
import type { DatasetRecord } from '../persistence/records.js';
import { blockProperties, origDatablocks } from './block-kind.js';
import { BlockQueries, type BlockQuery } from './block-queries.js';
import { withId } from './block-answers.js';

/** Who asks for which blocks with what, and by which rules he may see them. */
interface Reader {
  readonly caller: Caller | undefined;
  readonly block: Rule;
  readonly dataset: Rule;
}

/** How the dataset beside a block is shown; undefined where it was not asked for. */
type DatasetView = Pick<Include, 'where' | 'projection'> & { readonly only: readonly string[] };

/** What the signed-in and the public face of v4 origdatablocks share. */
@Injectable()
export class OrigDatablockV4Reads {
  constructor(
    private readonly queries: BlockQueries,
    private readonly datasets: DatasetQueries,
  ) {}

  async list(reader: Reader, filter: unknown): Promise<object[]> {
    const { query, dataset, hidden } = parsed(filter);
    const blocks = await this.queries.list(origDatablocks, reader.caller, query, reader.block);
    const shown = await this.withDatasets(reader, blocks, dataset);
    hide(shown, hidden);
    return query.projection === undefined || 'id' in query.projection ? shown.map(withId) : shown;
  }

  async files(reader: Reader, filter: unknown): Promise<object[]> {
    const { query, dataset, hidden } = parsed(filter);
    const rows = await this.queries.files(reader.caller, query, reader.block);
    const shown = await this.withDatasets(reader, rows as unknown as BlockLike[], dataset);
    hide(shown, hidden);
    return shown;
  }

  async countFiles(reader: Reader, filter: unknown): Promise<{ count: number }> {
    return { count: await this.queries.countFiles(reader.caller, parsed(filter).query.where, reader.block) };
  }

  async one(reader: Reader, id: string, include: readonly string[]): Promise<BlockLike | undefined> {
    const dataset = datasetViewOf(include.map(plain));
    const block = await this.queries.one(origDatablocks, reader.caller, { _id: id }, reader.block);
    if (block === undefined) return undefined;
    const [view] = await this.withDatasets(reader, [block], dataset);
    return view;
  }

  /** The dataset of a block is a list of one, or of none for a caller who may not see it. */
  private async withDatasets(
    { caller, dataset: rule }: Reader,
    blocks: readonly BlockLike[],
    view: DatasetView | undefined,
  ): Promise<BlockLike[]> {
    if (view === undefined) return blocks.map((block) => ({ ...block }));
    const pids = [...new Set(blocks.map(({ datasetId }) => datasetId))];
    const asked: Projection | undefined =
      view.only.length === 0 ? view.projection : Object.fromEntries(view.only.map((name) => [name, 1]));
    const { projection, hidden } = alsoReading(asked, ['pid']);
    const where = { $and: [{ _id: { $in: pids } }, view.where] };
    const query = { where, projection, skip: 0, sort: undefined, limit: Math.max(1, pids.length) };
    const datasets = await this.datasets.list(caller, query, rule);
    const known = new Map(datasets.map((dataset) => [dataset.pid, dataset]));
    hide(datasets, view.only.length === 0 || view.only.includes('_id') ? hidden : [...hidden, '_id']);
    return blocks.map((block) => ({ ...block, dataset: listOf(known.get(block.datasetId)) }));
  }
}

interface BlockLike {
  readonly _id: string;
  readonly datasetId: string;
}

function listOf(dataset: DatasetRecord | undefined): DatasetRecord[] {
  return dataset === undefined ? [] : [dataset];
}

/** What `limit: 0` means, and a `limits` without one. */
const limitOfZero = 10;

function parsed(filter: unknown): {
  query: BlockQuery;
  dataset: DatasetView | undefined;
  hidden: readonly string[];
} {
  const { include, related, ...query } = parseV4Filter(filter, blockProperties, {
    relations: ['dataset'],
    newestFirst: 'without limits',
  });
  const dataset = datasetViewOf(include, related['dataset']);
  const { projection, hidden } = alsoReading(query.projection, dataset === undefined ? [] : ['datasetId']);
  const limit = query.limit === 0 ? limitOfZero : query.limit;
  return { query: { ...query, projection, limit }, dataset, hidden };
}

/** @throws BadRequest for a relation that blocks do not have, or is named twice */
function datasetViewOf(
  include: readonly Pick<Include, 'relation' | 'where' | 'projection'>[],
  only: readonly string[] = [],
): DatasetView | undefined {
  const unknown = include.find(({ relation }) => relation !== 'dataset' && relation !== 'all');
  if (unknown !== undefined)
    throw new BadRequest(
      `Provided include field ${JSON.stringify(unknown.relation)} is not part of the dataset relations`,
    );
  refuseRepeated(include.map(({ relation }) => relation));
  const [first] = include;
  return first && { where: first.where, projection: first.projection, only };
}

function plain(relation: string): Pick<Include, 'relation' | 'where' | 'projection'> {
  return { relation, where: {}, projection: undefined };
}

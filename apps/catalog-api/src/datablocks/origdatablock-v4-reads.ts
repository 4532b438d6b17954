import { Injectable } from '@nestjs/common';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import type { Caller } from '../domain/access.js';
import type { Rule } from '../domain/access-table.js';
import { BadRequest } from '../domain/errors.js';
import { parseJsonObject, refuseRepeated } from '../domain/loopback-filter.js';
import { parseV4Filter } from '../domain/v4-filter.js';
import type { OrigDatablockRecord } from '../persistence/records.js';
import { blockProperties, origDatablocks } from './block-kind.js';
import { BlockQueries, type BlockQuery } from './block-queries.js';

type Fields = Record<string, unknown>;

/** What the signed-in and the public face of v4 origdatablocks share. */
@Injectable()
export class OrigDatablockV4Reads {
  constructor(
    private readonly queries: BlockQueries,
    private readonly datasets: DatasetQueries,
  ) {}

  async list(caller: Caller | undefined, filter: unknown, rule: Rule, datasetRule: Rule): Promise<Fields[]> {
    const { query, include } = parsed(filter);
    const blocks = await this.queries.list(origDatablocks, caller, query, rule);
    return this.withDatasets(caller, blocks, include, datasetRule);
  }

  async files(caller: Caller | undefined, filter: unknown, rule: Rule): Promise<Fields[]> {
    return this.queries.files(caller, parsed(filter).query, rule);
  }

  async countFiles(caller: Caller | undefined, filter: unknown, rule: Rule): Promise<{ count: number }> {
    return { count: await this.queries.countFiles(caller, parsed(filter).query.where, rule) };
  }

  async one(
    caller: Caller | undefined,
    id: string,
    include: readonly string[],
    rules: { readonly block: Rule; readonly dataset: Rule },
  ): Promise<Fields | undefined> {
    const block = await this.queries.one(origDatablocks, caller, { _id: id }, rules.block);
    if (block === undefined) return undefined;
    const [view] = await this.withDatasets(caller, [block], include, rules.dataset);
    return view;
  }

  private async withDatasets(
    caller: Caller | undefined,
    blocks: OrigDatablockRecord[],
    include: readonly string[],
    rule: Rule,
  ): Promise<Fields[]> {
    const unknown = include.find((relation) => relation !== 'dataset' && relation !== 'all');
    if (unknown !== undefined)
      throw new BadRequest(
        `Provided include field ${JSON.stringify(unknown)} is not part of the origdatablock relations`,
      );
    refuseRepeated(include);
    if (include.length === 0) return blocks.map((block) => ({ ...block }));
    const pids = [...new Set(blocks.map(({ datasetId }) => datasetId))];
    const query = { where: { _id: { $in: pids } }, projection: undefined, skip: 0, sort: undefined };
    const datasets = await this.datasets.list(caller, { ...query, limit: Math.max(1, pids.length) }, rule);
    const known = new Map(datasets.map((dataset) => [dataset.pid, dataset]));
    return blocks.map((block) => ({ ...block, dataset: known.get(block.datasetId) }));
  }
}

const mostWithDatasets = 1000;

/** Defaults of paging apply only where `limits` is absent. */
function parsed(filter: unknown): { query: BlockQuery; include: string[] } {
  const hasLimits = parseJsonObject(filter, 'filter')['limits'] !== undefined;
  const { include, ...query } = parseV4Filter(filter, blockProperties, { defaultLimit: hasLimits ? 0 : 10 });
  // Without a limit, blocks are all there are; not with their datasets beside them.
  const limit = include.length > 0 && query.limit === 0 ? mostWithDatasets : query.limit;
  return { query: { ...query, limit }, include: include.map(({ relation }) => relation) };
}

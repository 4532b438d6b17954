import { Injectable } from '@nestjs/common';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { accessTable, type Rule } from '../domain/access-table.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { parseFacets, parseFields, parseLimits } from '../domain/field-query.js';
import type { Projection } from '../domain/projection.js';
import { isLong, LongList } from '../http/long-list.js';
import { Catalogue } from '../persistence/catalogue.js';
import { inOrder, type Sort } from '../persistence/insertion-order.js';
import { withoutOwnFields } from '../persistence/own-fields.js';
import { facetsOf, type FacetAnswer } from '../persistence/facets.js';
import type { OrigDatablockRecord } from '../persistence/records.js';
import { blockShape, origDatablocks, type BlockKind } from './block-kind.js';

type Fields = Record<string, unknown>;

/** What is only announced belongs to no dataset yet. */
/** Files that are put in order for one answer: as many as the names that a list of files is searched for. */
const maxInOrder = 500_000;
const stored = { datasetId: { $exists: true } };

export interface BlockQuery {
  readonly where: Fields;
  readonly limit: number;
  readonly skip: number;
  readonly sort?: Record<string, 1 | -1> | undefined;
  readonly projection?: Projection | undefined;
}

/** Reads of blocks and of the files in them. */
@Injectable()
export class BlockQueries {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
  ) {}

  list<R extends OrigDatablockRecord>(
    kind: BlockKind<R>,
    caller: Caller | undefined,
    query: BlockQuery,
    rule: Rule = kind.read,
  ): Promise<R[]> {
    return this.cursor(kind, caller, query, rule).toArray();
  }

  count(
    kind: BlockKind<never>,
    caller: Caller | undefined,
    where: Fields,
    rule: Rule = kind.read,
  ): Promise<number> {
    return this.catalogue.records(kind.collection).countDocuments(both(where, this.visible(rule, caller)));
  }

  /** Undefined when there is no such block, or none the rule covers. */
  async one<R extends OrigDatablockRecord>(
    kind: BlockKind<R>,
    caller: Caller | undefined,
    where: Fields,
    rule: Rule = kind.read,
  ): Promise<R | undefined> {
    const [block] = await this.list(kind, caller, { where, limit: 1, skip: 0 }, rule);
    return block;
  }

  private visible(rule: Rule, caller: Caller | undefined): Record<string, unknown> {
    return both(this.rules.condition(rule, caller), stored);
  }

  private cursor<R extends OrigDatablockRecord>(
    kind: BlockKind<R>,
    caller: Caller | undefined,
    query: BlockQuery,
    rule: Rule,
  ): { toArray(): Promise<R[]> } & AsyncIterable<R> {
    return this.catalogue
      .records(kind.collection)
      .find(both(query.where, this.visible(rule, caller)), {
        projection: withoutOwnFields(query.projection),
      })
      .sort(inOrder(query.sort))
      .skip(query.skip)
      .limit(query.limit) as unknown as { toArray(): Promise<R[]> } & AsyncIterable<R>;
  }

  async find<R extends OrigDatablockRecord>(kind: BlockKind<R>, where: Fields): Promise<R> {
    const found = await this.catalogue
      .records(kind.collection)
      .findOne(both(where, stored), { projection: withoutOwnFields() });
    if (found === null) throw new Refusal(404, `${kind.label}: ${String(where['_id'])} not found`);
    return found as unknown as R;
  }

  fullQuery(
    caller: Caller | undefined,
    { fields, limits }: { readonly fields: unknown; readonly limits: unknown },
    projection?: BlockQuery['projection'],
  ): Promise<OrigDatablockRecord[]> | LongList<OrigDatablockRecord> {
    const { limit, skip, sort } = parseLimits(limits, blockShape);
    const { where, wantsPublished } = parseFields(fields, blockShape);
    const query = { where, limit, skip, sort, projection };
    const rule = searchRule(wantsPublished);
    return isLong(query)
      ? new LongList(this.cursor(origDatablocks, caller, query, rule))
      : this.list(origDatablocks, caller, query, rule);
  }

  /**
   * One row a file: the block with `dataFileList` as that one file, and whether its dataset exists.
   *
   * @throws BadRequest for an order of files over more of them than are put in order at once
   */
  async files(caller: Caller | undefined, query: BlockQuery, rule: Rule): Promise<Fields[]> {
    const condition = both(query.where, this.visible(rule, caller));
    const ordersFiles = Object.keys(query.sort ?? {}).some((name) => name.startsWith('dataFileList.'));
    if (ordersFiles) await this.checkSortable(condition);
    return this.catalogue
      .records('OrigDatablock')
      .aggregate<Fields>([
        { $match: condition },
        // Before there is a row for each file: the words of a block are as long as its list.
        { $project: withoutOwnFields() },
        // By an index, where the order is one of blocks: their files follow in the order of the list.
        ...(ordersFiles ? [] : [{ $sort: inOrder(query.sort) }]),
        { $unwind: '$dataFileList' },
        ...(ordersFiles ? [{ $sort: orderOfFiles(query.sort) }] : []),
        ...(query.skip > 0 ? [{ $skip: query.skip }] : []),
        { $limit: query.limit === 0 ? 100 : query.limit },
        { $lookup: { from: 'Dataset', localField: 'datasetId', foreignField: '_id', as: 'dataset' } },
        { $addFields: { datasetExist: { $gt: [{ $size: '$dataset' }, 0] } } },
        { $project: { dataset: 0 } },
        ...(query.projection === undefined ? [] : [{ $project: shownOfFiles(query.projection) }]),
      ])
      .toArray();
  }

  searchFiles(caller: Caller | undefined, fields: unknown, limits: unknown): Promise<Fields[]> {
    const { limit, skip, sort } = parseLimits(limits, blockShape);
    const { where, wantsPublished } = parseFields(fields, blockShape);
    return this.files(caller, { where, limit, skip, sort }, searchRule(wantsPublished));
  }

  private async checkSortable(condition: Fields): Promise<void> {
    const files = await this.numberOfFiles(condition);
    if (files > maxInOrder)
      throw new BadRequest(
        `Expected at most ${maxInOrder} files to put in order by fields of files, found ${files}: narrow the search, or order by fields of blocks.`,
      );
  }

  countFiles(caller: Caller | undefined, where: Fields, rule: Rule): Promise<number> {
    return this.numberOfFiles(both(where, this.visible(rule, caller)));
  }

  private async numberOfFiles(condition: Fields): Promise<number> {
    const [row] = await this.catalogue
      .records('OrigDatablock')
      .aggregate<{ files: number }>([
        { $match: condition },
        { $group: { _id: null, files: { $sum: { $size: { $ifNull: ['$dataFileList', []] } } } } },
      ])
      .toArray();
    return row?.files ?? 0;
  }

  facets(caller: Caller | undefined, fields: unknown, facets: unknown, rule?: Rule): Promise<FacetAnswer> {
    const { where, wantsPublished } = parseFields(fields, blockShape);
    const condition = both(where, this.visible(rule ?? searchRule(wantsPublished), caller));
    return facetsOf(
      this.catalogue.records('OrigDatablock'),
      condition,
      parseFacets(facets, blockShape),
      blockShape,
    );
  }

  async fileFacets(caller: Caller | undefined, fields: unknown, rule?: Rule): Promise<FacetAnswer> {
    const { where, wantsPublished } = parseFields(fields, blockShape);
    const totalSets = await this.countFiles(caller, where, rule ?? searchRule(wantsPublished));
    return [{ all: totalSets === 0 ? [] : [{ totalSets }] }];
  }
}

/** Whether its dataset exists is told with every file, whichever of its fields are asked for. */
/** Files that are equal in what the client asked for come by their path, those of two blocks by the block. */
function orderOfFiles(wanted: Sort = {}): Record<string, 1 | -1> {
  const path: Sort = 'dataFileList.path' in wanted ? {} : { 'dataFileList.path': 1 };
  return inOrder({ ...wanted, ...path });
}

function shownOfFiles(projection: Projection): Projection {
  const shown = withoutOwnFields(projection);
  return Object.values(shown).includes(1) ? { ...shown, datasetExist: 1 } : shown;
}

/** Searches show published records of others only on request. */
function searchRule(wantsPublished: boolean): Rule {
  return wantsPublished ? accessTable.origDatablock.read : accessTable.origDatablock.query;
}

import { Injectable } from '@nestjs/common';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { accessTable, type Rule } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { parseFacets, parseFields, parseLimits, type FieldQuery } from '../domain/field-query.js';
import type { Projection } from '../domain/projection.js';
import { isLong, LongList } from '../http/long-list.js';
import { Catalogue } from '../persistence/catalogue.js';
import { inOrder } from '../persistence/insertion-order.js';
import { withoutOwnFields } from '../persistence/own-fields.js';
import type { FacetAnswer } from '../persistence/facets.js';
import type { DatasetRecord } from '../persistence/records.js';
import { IndexedQueries, type SortedRows } from '../record-index/indexed-queries.js';
import { datasetShape } from './dataset-shape.js';

export interface ListQuery {
  readonly where: Record<string, unknown>;
  readonly projection: Projection | undefined;
  readonly limit: number;
  readonly skip: number;
  readonly sort: Record<string, 1 | -1> | undefined;
}

/** What `limit: 0` means for datasets. */
const limitOfZero = 10;

/** Reads of datasets. Every condition carries the caller's rights into the database. */
@Injectable()
export class DatasetQueries {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly indexed: IndexedQueries,
  ) {}

  list(
    caller: Caller | undefined,
    query: ListQuery,
    rule: Rule = accessTable.dataset.read,
  ): Promise<DatasetRecord[]> {
    const pid = onlyPidIn(query);
    return pid === undefined
      ? this.indexed.list<DatasetRecord>('Dataset', this.pageOf(caller, query, rule))
      : this.withPid(caller, pid, rule);
  }

  /** As `list`, for more rows than should be held at once. */
  long(
    caller: Caller | undefined,
    query: ListQuery,
    rule: Rule = accessTable.dataset.read,
  ): LongList<DatasetRecord> {
    return new LongList(this.cursor(caller, query, rule));
  }

  count(
    caller: Caller | undefined,
    where: Record<string, unknown>,
    rule: Rule = accessTable.dataset.read,
  ): Promise<number> {
    return this.indexed.count('Dataset', both(where, this.rules.condition(rule, caller)));
  }

  fullQuery(
    caller: Caller | undefined,
    fields: unknown,
    limits: unknown,
  ): Promise<DatasetRecord[]> | LongList<DatasetRecord> {
    const { limit, skip, sort } = parseLimits(limits, datasetShape);
    const where = this.searchCondition(caller, parseFields(fields, datasetShape));
    const query = { where, projection: undefined, limit, skip, sort };
    return isLong(query) ? this.long(caller, query, everything) : this.list(caller, query, everything);
  }

  facets(
    caller: Caller | undefined,
    fields: unknown,
    facets: unknown,
    more: Record<string, unknown> = {},
  ): Promise<FacetAnswer> {
    const condition = both(this.searchCondition(caller, parseFields(fields, datasetShape)), more);
    return this.indexed.facets('Dataset', condition, parseFacets(facets, datasetShape), datasetShape);
  }

  /** The condition of a search by `fields`, the caller's rights included. */
  searched(caller: Caller | undefined, fields: unknown): Record<string, unknown> {
    return this.searchCondition(caller, parseFields(fields, datasetShape));
  }

  /** @throws Refusal 404 with `missing`, 403 when the rule does not cover it */
  async read(
    caller: Caller | undefined,
    pid: string,
    options: { rule: Rule; missing: string },
  ): Promise<DatasetRecord> {
    const dataset = await this.find(pid, options.missing);
    if (!this.rules.allows(options.rule, caller, dataset)) throw new Refusal(403, 'Unauthorized access');
    return dataset;
  }

  /** @throws Refusal 404 with `missing`, or SciCat's bare one */
  async find(pid: string, missing: string): Promise<DatasetRecord> {
    const dataset = (await this.catalogue.shown('Dataset', pid)) as DatasetRecord | undefined;
    if (dataset === undefined)
      throw missing === ''
        ? new Refusal(404, 'Not Found', { message: 'Not Found', statusCode: 404 })
        : new Refusal(404, missing);
    return dataset;
  }

  /** A list of one, for which the rights are asked here. */
  private async withPid(caller: Caller | undefined, pid: string, rule: Rule): Promise<DatasetRecord[]> {
    const dataset = (await this.catalogue.shown('Dataset', pid)) as DatasetRecord | undefined;
    return dataset !== undefined && this.rules.allows(rule, caller, dataset) ? [dataset] : [];
  }

  private cursor(caller: Caller | undefined, query: ListQuery, rule: Rule) {
    const { condition, projection, sort, skip, limit } = this.pageOf(caller, query, rule);
    return this.catalogue.datasets.find(condition, { projection }).sort(sort).skip(skip).limit(limit);
  }

  private pageOf(caller: Caller | undefined, query: ListQuery, rule: Rule): SortedRows {
    return {
      condition: both(query.where, this.rules.condition(rule, caller)),
      projection: withoutOwnFields(query.projection),
      sort: inOrder(query.sort),
      skip: query.skip,
      limit: query.limit === 0 ? limitOfZero : query.limit,
    };
  }

  /** Searches show published datasets of others only on request. */
  private searchCondition(
    caller: Caller | undefined,
    { where, wantsPublished }: FieldQuery,
  ): Record<string, unknown> {
    const { query, readUnshared } = accessTable.dataset;
    return both(where, this.rules.condition(wantsPublished ? readUnshared : query, caller));
  }
}

/** For conditions that carry the caller's rights already. */
const everything: Rule = [['anyone', 'all']];

/** The pid, where a list asks for all of one dataset and for nothing else. */
function onlyPidIn({ where, projection, skip }: ListQuery): string | undefined {
  const [[name, pid] = [], ...others] = Object.entries(where);
  const isOnlyId = (name === '_id' || name === 'pid') && typeof pid === 'string' && others.length === 0;
  return isOnlyId && projection === undefined && skip === 0 ? pid : undefined;
}

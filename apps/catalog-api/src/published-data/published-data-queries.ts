import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules, both, type Caller, type Condition } from '../domain/access.js';
import { accessTable, type Rule } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { parseFields, parseLimits } from '../domain/field-query.js';
import { Catalogue } from '../persistence/catalogue.js';
import { inOrder } from '../persistence/insertion-order.js';
import { withoutOwnFields, withoutWords } from '../persistence/own-fields.js';
import { publishedDataShape, type PublishedDataRecord } from './published-data-record.js';

type Fields = Record<string, unknown>;

export interface PublishedDataQuery {
  readonly where: Fields;
  readonly projection?: Record<string, 0 | 1> | undefined;
  readonly limit: number;
  readonly skip: number;
  readonly sort?: Record<string, 1 | -1> | undefined;
}

const { read } = accessTable.publishedData;

/** Reads of publications and of what a new one starts from. */
@Injectable()
export class PublishedDataQueries {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  async list(caller: Caller | undefined, query: PublishedDataQuery): Promise<PublishedDataRecord[]> {
    const found = await this.catalogue
      .records('PublishedData')
      .find(both(query.where, this.visible(caller)), { projection: withoutOwnFields(query.projection) })
      .sort(inOrder(query.sort))
      .skip(query.skip)
      .limit(query.limit)
      .toArray();
    return found as unknown as PublishedDataRecord[];
  }

  count(caller: Caller | undefined, where: Fields): Promise<number> {
    return this.catalogue.records('PublishedData').countDocuments(both(where, this.visible(caller)));
  }

  /** The condition of `fields`, and the paging of `limits`, as the web frontend sends them. */
  search(fields: unknown, limits: unknown): { where: Fields } & ReturnType<typeof parseLimits> {
    const { where } = parseFields(fields, publishedDataShape);
    return { where, ...parseLimits(limits, publishedDataShape) };
  }

  /** @returns undefined for records the caller may not see as well */
  async look(
    caller: Caller | undefined,
    doi: string,
    rule: Rule = read,
  ): Promise<PublishedDataRecord | undefined> {
    const condition = both({ _id: doi }, this.rules.condition(rule, caller));
    const found = await this.catalogue
      .records('PublishedData')
      .findOne(condition, { projection: withoutOwnFields() });
    return (found as PublishedDataRecord | null) ?? undefined;
  }

  /** For what is done with one. @throws Refusal 404, for records the caller may not see as well */
  async get(caller: Caller | undefined, doi: string): Promise<PublishedDataRecord> {
    const record = await this.look(caller, doi);
    if (record === undefined) throw new Refusal(404, `Published data with id ${doi} not found.`);
    return record;
  }

  /** With Catena's own part: for checks, never to be shown. */
  async whole({ _id }: Pick<PublishedDataRecord, '_id'>): Promise<PublishedDataRecord> {
    const found = await this.catalogue
      .records('PublishedData')
      .findOne({ _id }, { projection: withoutWords });
    if (found === null) throw new Refusal(404, `Published data with id ${_id} not found.`);
    return found as unknown as PublishedDataRecord;
  }

  /** The DOI of a record that has the same, written in whichever case. */
  async sameDoi(doi: string): Promise<string | undefined> {
    const pattern = new RegExp(`^${doi.replace(/[^a-z0-9]/gi, '\\$&')}$`, 'i');
    const found = await this.catalogue
      .records('PublishedData')
      .findOne({ _id: pattern }, { projection: { _id: 1 } });
    return found?._id;
  }

  /** Suggestions for a new publication from the datasets the caller may read. */
  async formPopulate(caller: Caller, pids: readonly string[]): Promise<Fields> {
    const visible = this.rules.condition(accessTable.dataset.read, caller);
    const datasets = await this.catalogue.datasets
      .find(both({ _id: { $in: [...pids] } }, visible), {
        projection: { pid: 1, type: 1, description: 1, datasetName: 1, proposalIds: 1, owner: 1 },
      })
      .sort({ _id: 1 })
      .limit(Math.max(1, pids.length))
      .toArray();
    const first = datasets.find(({ pid }) => pid === pids[0]) ?? datasets[0];
    if (first === undefined) return {};
    const [proposal, thumbnail] = await Promise.all([
      this.proposalOf(caller, first.proposalIds ?? []),
      this.thumbnailOf(caller, first.pid),
    ]);
    const creators = [...new Set(datasets.map(({ owner }) => owner))].filter(
      (name) => typeof name === 'string',
    );
    const { publisher } = this.config.publicationDefaults;
    return {
      resourceType: first.type,
      description: first['description'],
      title: proposal?.['title'] ?? first['datasetName'],
      abstract: proposal?.['abstract'] ?? first['description'],
      ...(thumbnail === undefined ? {} : { thumbnail }),
      metadata: {
        creators: creators.map((name) => ({ name })),
        resourceType: first.type,
        publicationYear: this.clock.now().getUTCFullYear(),
        ...(publisher === undefined ? {} : { publisher: { name: publisher } }),
      },
    };
  }

  private async proposalOf(caller: Caller, ids: readonly (string | null)[]): Promise<Fields | undefined> {
    const known = ids.filter((id): id is string => typeof id === 'string');
    if (known.length === 0) return undefined;
    const visible = this.rules.condition(accessTable.proposal.read, caller);
    const condition = both({ _id: { $in: known } }, visible);
    return (await this.catalogue.records('Proposal').findOne(condition)) ?? undefined;
  }

  private async thumbnailOf(caller: Caller, pid: string): Promise<unknown> {
    const visible = this.rules.condition(accessTable.attachment.read, caller);
    const hanging = { relationships: { $elemMatch: { targetType: 'dataset', targetId: pid } } };
    const condition = both(hanging, visible);
    return (await this.catalogue.records('Attachment').findOne(condition))?.['thumbnail'];
  }

  private visible(caller: Caller | undefined): Condition {
    return this.rules.condition(read, caller);
  }
}

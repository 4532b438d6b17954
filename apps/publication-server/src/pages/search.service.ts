import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { visible } from '../formats/plain-text.js';
import { SharedAnswers } from './shared-answers.js';
import { PublicStore } from '../persistence/public-store.js';
import type { StoredRecord } from '../persistence/records.js';

/** Names of filters in addresses, and the fields they look at; each field has an index. */
const facetFields = {
  year: 'year',
  type: 'resourceType',
  instrument: 'instruments',
  technique: 'techniques',
  creator: 'creators',
  keyword: 'keywords',
  licence: 'licence',
} as const;
export type Facet = keyof typeof facetFields;
export const facets = Object.keys(facetFields) as Facet[];

export interface Query {
  readonly words: string;
  readonly filters: Readonly<Partial<Record<Facet, string>>>;
  /** From 1. */
  readonly page: number;
}

export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

export interface Overview {
  readonly total: number;
  /** There are more than were counted. */
  readonly more: boolean;
  readonly facets: Readonly<Record<Facet, readonly FacetValue[]>>;
}

export type Hit = Pick<StoredRecord, '_id' | 'record' | 'datestamp'>;

export const hitsOfPage = 20;
/** Pages that can be turned to: beyond, words and filters lead further. */
export const maxPages = 50;
/** Hits whose order is remembered. */
const maxHits = maxPages * hitsOfPage;
/** Publications that counts look at. */
const maxCounted = 20_000;
const valuesOfFacet = 12;
const longestWords = 300;
const maxWords = 10;
const ages = { fresh: 10_000, stale: 60_000 };
const maxKept = 200;

const hitFields = {
  'record.doi': 1,
  'record.publishedAt': 1,
  'record.embargoUntil': 1,
  'record.registered': 1,
  'record.files': 1,
  'record.pictures': 1,
  'record.resource.titles': 1,
  'record.resource.creators': 1,
  'record.resource.descriptions': 1,
  'record.resource.types': 1,
  'record.resource.publisher': 1,
  'record.resource.publicationYear': 1,
  'record.resource.version': 1,
  'record.datasets.size': 1,
  'record.datasets.files': 1,
  datestamp: 1,
} as const;

/** The hits of a search in order, as far as anybody may turn the pages. */
interface Order {
  readonly ids: readonly string[];
  /** When the last of them was published. */
  readonly oldest: string | undefined;
}

/**
 * Lists and searches of what is published.
 *
 * Not every engine reads a sorted list from an index; some sort all that matches. So the order is looked up once for all
 * who ask within seconds, and a page is a look-up of its twenty records.
 */
@Injectable()
export class Search {
  private readonly orders: SharedAnswers<Order>;
  private readonly overviews: SharedAnswers<Overview>;

  constructor(
    private readonly store: PublicStore,
    clock: Clock,
  ) {
    const now = (): number => clock.now().getTime();
    this.orders = new SharedAnswers(ages, maxKept, now);
    this.overviews = new SharedAnswers(ages, maxKept, now);
  }

  /** One page of hits, newest first. */
  async hits(query: Query, count = hitsOfPage): Promise<Hit[]> {
    const { ids } = await this.orders.get(keyOf(query), (before) => this.order(query, before));
    const wanted = ids.slice((query.page - 1) * count, query.page * count);
    if (wanted.length === 0) return [];
    const found = await this.store.records
      .find({ _id: { $in: wanted }, state: 'published' }, { projection: hitFields })
      .toArray();
    const byId = new Map(found.map((hit) => [hit._id, hit]));
    return wanted.flatMap((id) => byId.get(id) ?? []);
  }

  /** How many there are and of which kinds. */
  overview(query: Query): Promise<Overview> {
    return this.overviews.get(keyOf(query), () => this.count(query));
  }

  private async order(query: Query, before: Order | undefined): Promise<Order> {
    // What was not among the first before is not now: only withdrawals move it up, and few of them are made good here.
    const since = before !== undefined && before.ids.length === maxHits ? before.oldest : undefined;
    const order = await this.ordered(query, since);
    return since !== undefined && order.ids.length < maxHits * 0.9 ? this.ordered(query, undefined) : order;
  }

  private async ordered(query: Query, since: string | undefined): Promise<Order> {
    const range = since === undefined ? {} : { 'record.publishedAt': { $gte: since } };
    const rows = await this.store.records
      .find({ ...filterOf(query), ...range }, { projection: { 'record.publishedAt': 1 } })
      .sort({ 'record.publishedAt': -1, _id: 1 })
      .limit(maxHits)
      .toArray();
    return { ids: rows.map(({ _id }) => _id), oldest: rows.at(-1)?.record.publishedAt };
  }

  private async count(query: Query): Promise<Overview> {
    const branches = facets.map((facet) => {
      const field = facetFields[facet];
      const several = field !== 'year' && field !== 'resourceType' && field !== 'licence';
      return [
        facet,
        [
          ...(several
            ? [{ $unwind: `$search.${field}` }]
            : [{ $match: { [`search.${field}`]: { $exists: true } } }]),
          { $group: { _id: `$search.${field}`, count: { $sum: 1 } } },
          { $sort: facet === 'year' ? { _id: -1 } : { count: -1, _id: 1 } },
          { $limit: valuesOfFacet },
        ],
      ] as const;
    });
    const [result] = await this.store.records
      .aggregate<Record<Facet | 'total', { _id: unknown; count: number }[]>>([
        { $match: filterOf(query) },
        { $limit: maxCounted + 1 },
        { $project: Object.fromEntries(Object.values(facetFields).map((field) => [`search.${field}`, 1])) },
        { $facet: { ...Object.fromEntries(branches), total: [{ $count: 'count' }] } },
      ])
      .toArray();
    const total = result?.total[0]?.count ?? 0;
    const valuesOf = (facet: Facet): FacetValue[] =>
      (result?.[facet] ?? []).map(({ _id, count }) => ({ value: String(_id), count }));
    return {
      total: Math.min(total, maxCounted),
      more: total > maxCounted,
      facets: Object.fromEntries(facets.map((facet) => [facet, valuesOf(facet)])) as Record<
        Facet,
        FacetValue[]
      >,
    };
  }
}

function keyOf({ words, filters }: Query): string {
  return JSON.stringify([words, facets.map((facet) => filters[facet])]);
}

/** What a query's address asks for; whatever means nothing is left out. */
export function queryFrom(parameters: URLSearchParams): Query {
  const filters: Partial<Record<Facet, string>> = {};
  for (const facet of facets) {
    const value = parameters.get(facet)?.slice(0, 500);
    if (value === undefined || value === '') continue;
    if (facet === 'year' && !/^\d{4}$/.test(value)) continue;
    filters[facet] = value;
  }
  const page = Number(parameters.get('page') ?? 1);
  return {
    words: visible((parameters.get('q') ?? '').slice(0, longestWords)).trim(),
    filters,
    page: Number.isInteger(page) && page >= 1 ? Math.min(page, maxPages) : 1,
  };
}

/** The address of a query, without language. */
export function parametersOf({ words, filters, page }: Query): URLSearchParams {
  const parameters = new URLSearchParams();
  if (words !== '') parameters.set('q', words);
  for (const facet of facets) {
    const value = filters[facet];
    if (value !== undefined) parameters.set(facet, value);
  }
  if (page > 1) parameters.set('page', String(page));
  return parameters;
}

function filterOf({ words, filters }: Query): object {
  const wanted: Record<string, unknown> = { state: 'published' };
  for (const facet of facets) {
    const value = filters[facet];
    if (value !== undefined)
      wanted[`search.${facetFields[facet]}`] = facet === 'year' ? Number(value) : value;
  }
  if (words === '') return wanted;
  const terms = termsOf(words);
  wanted['$text'] = { $search: terms.map(({ text, exact }) => (exact ? `"${text}"` : text)).join(' ') };
  // Databases differ in whether one term or all must be there; the index finds candidates, this keeps the right ones.
  if (terms.length > 1)
    wanted['$and'] = terms.map((term) => ({ 'search.words': { $regex: patternOf(term) } }));
  return wanted;
}

interface Term {
  readonly text: string;
  /** Was given in quotation marks. */
  readonly exact: boolean;
}

/** Single words, or phrases in quotation marks: a hit has all of them. */
function termsOf(text: string): Term[] {
  return [...text.toLowerCase().matchAll(/"([^"]+)"|([^\s"]+)/g)]
    .map(([, phrase, word]) => ({
      // Nothing that the database would take for an operator.
      text: (phrase ?? word ?? '').replace(/[\\"]/g, ' ').replace(/^[\s-]+|\s+$/g, ''),
      exact: phrase !== undefined,
    }))
    .filter((term) => /[\p{L}\p{N}]/u.test(term.text))
    .slice(0, maxWords);
}

/** A word in any of its forms begins with its stem; English plurals are all that is cut off. */
function patternOf({ text, exact }: Term): string {
  const stem = exact || text.length < 4 ? text : text.replace(/(ies|es|s)$/, '');
  return stem.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

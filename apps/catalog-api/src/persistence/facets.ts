import { kindOf, storedName, type ResourceShape } from '../domain/field-query.js';
import type { Catalogue } from './catalogue.js';

export interface FacetRow {
  readonly _id: unknown;
  readonly count: number;
}

/** `[{<facet>: [{_id, count}], all: [{totalSets}]}]`, as SciCat answers; `all` is empty when nothing matches. */
export type FacetAnswer = [Record<string, readonly FacetRow[] | readonly { totalSets: number }[]>];

/** The largest number of values one facet shows. */
export const maxFacetValues = 10_000;

/** Counts records by the values of fields: one grouping a facet, all at once, none of them in this process's memory. */
export async function facetsOf(
  records: ReturnType<Catalogue['records']>,
  condition: Record<string, unknown>,
  facets: readonly string[],
  shape: ResourceShape,
): Promise<FacetAnswer> {
  const everything = Object.keys(condition).length === 0;
  const [total, rows] = await Promise.all([
    everything ? records.estimatedDocumentCount() : records.countDocuments(condition),
    facetRowsOf(records, condition, facets, shape),
  ]);
  return facetAnswer(total, rows);
}

/** The rows of each facet, by its name. */
export async function facetRowsOf(
  records: ReturnType<Catalogue['records']>,
  condition: Record<string, unknown>,
  facets: readonly string[],
  shape: ResourceShape,
): Promise<Record<string, readonly FacetRow[]>> {
  const rows = await Promise.all(
    facets.map((facet) => records.aggregate<FacetRow>(pipelineOf(facet, condition, shape)).toArray()),
  );
  return Object.fromEntries(facets.map((facet, index) => [facet, rows[index] ?? []]));
}

export function facetAnswer(total: number, rows: Record<string, readonly FacetRow[]>): FacetAnswer {
  return [{ all: total === 0 ? [] : [{ totalSets: total }], ...rows }];
}

function pipelineOf(facet: string, condition: Record<string, unknown>, shape: ResourceShape): object[] {
  const field = storedName(facet, shape);
  const kind = kindOf(field, shape);
  const path = `$${field}`;
  const isDate = kind === 'date';
  const key = isDate ? { year: { $year: path }, month: { $month: path }, day: { $dayOfMonth: path } } : path;
  const match = isDate ? { $and: [condition, { [field]: { $type: 'date' } }] } : condition;
  return [
    ...(Object.keys(match).length === 0 ? [] : [{ $match: match }]),
    { $project: { _id: 0, [field]: 1 } },
    ...(kind === 'array' ? [{ $unwind: path }] : []),
    { $group: { _id: key, count: { $sum: 1 } } },
    { $sort: { _id: -1 } },
    { $limit: maxFacetValues },
  ];
}

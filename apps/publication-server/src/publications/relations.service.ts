import { Injectable } from '@nestjs/common';
import { doiKey } from '#datacite';
import { PublicStore } from '../persistence/public-store.js';
import type { StoredRecord } from '../persistence/records.js';
import { SharedReads } from '../persistence/shared-reads.js';
import { bareDoi } from '../formats/work.js';

/** Another publication of this store, as a line. */
export interface Neighbour {
  readonly doi: string;
  readonly title: string;
  readonly version?: string;
  readonly publishedAt: string;
}

export interface Relations {
  /** All versions of which this is one, itself included, newest first; empty when there is only this one. */
  readonly versions: readonly Neighbour[];
  /** What should be used instead of this one. */
  readonly newest?: Neighbour;
  /** What other publications say of this one: the relation is theirs, turned around. */
  readonly incoming: readonly { readonly relation: string; readonly from: Neighbour }[];
}

/** Steps along the chain of versions, each one query. */
const maxRounds = 4;
const maxNeighbours = 100;

const inverse: Readonly<Record<string, string>> = {
  IsSupplementTo: 'IsSupplementedBy',
  IsSupplementedBy: 'IsSupplementTo',
  Cites: 'IsCitedBy',
  IsCitedBy: 'Cites',
  References: 'IsReferencedBy',
  IsReferencedBy: 'References',
  IsPartOf: 'HasPart',
  HasPart: 'IsPartOf',
  IsDerivedFrom: 'IsSourceOf',
  IsSourceOf: 'IsDerivedFrom',
  Continues: 'IsContinuedBy',
  IsContinuedBy: 'Continues',
  Documents: 'IsDocumentedBy',
  IsDocumentedBy: 'Documents',
  Describes: 'IsDescribedBy',
  IsDescribedBy: 'Describes',
  IsVersionOf: 'HasVersion',
  HasVersion: 'IsVersionOf',
  IsRequiredBy: 'Requires',
  Requires: 'IsRequiredBy',
  Obsoletes: 'IsObsoletedBy',
  IsObsoletedBy: 'Obsoletes',
  Collects: 'IsCollectedBy',
  IsCollectedBy: 'Collects',
  IsIdenticalTo: 'IsIdenticalTo',
  IsVariantFormOf: 'IsOriginalFormOf',
  IsOriginalFormOf: 'IsVariantFormOf',
};
/** Relations that make a chain of versions: which of the two is newer. */
const newerIs: Readonly<Record<string, 'self' | 'other'>> = {
  IsNewVersionOf: 'self',
  Obsoletes: 'self',
  IsPreviousVersionOf: 'other',
  IsObsoletedBy: 'other',
};

type Known = Pick<StoredRecord, '_id' | 'record'>;

const shown = {
  'record.doi': 1,
  'record.state': 1,
  'record.publishedAt': 1,
  'record.resource.titles': 1,
  'record.resource.version': 1,
  'record.resource.relatedIdentifiers': 1,
} as const;

/** Adds what was not known yet, and gives that. */
function remember(found: readonly Known[], known: Map<string, Known>): Known[] {
  const fresh = found.filter(({ _id }) => !known.has(_id));
  for (const one of fresh) known.set(one._id, one);
  return fresh;
}

/** What publications of this store say about each other, in both directions. */
@Injectable()
export class RelationsService {
  /** Records that name a DOI, in the order of their ids. */
  private readonly namingOne = new SharedReads<Known[]>((dois) => this.namingAny(dois));

  constructor(private readonly store: PublicStore) {}

  async of(self: Known): Promise<Relations> {
    const known = new Map<string, Known>([[self._id, self]]);
    const newer = new Map<string, Set<string>>();
    const [others, named] = await Promise.all([
      this.naming([self]),
      this.withKeys(linkVersions([self], newer, known)),
    ]);
    let fresh = remember([...others, ...named], known);
    for (let round = 0; round < maxRounds && fresh.length > 0; round += 1) {
      const unknown = linkVersions(fresh, newer, known);
      const versions = fresh.filter(({ _id }) => isVersion(_id, newer));
      const [more, moreNamed] = await Promise.all([this.naming(versions), this.withKeys(unknown)]);
      fresh = remember([...more, ...moreNamed], known);
    }
    return relationsFrom(self, known, newer, others);
  }

  /** Records that name one of these. */
  private async naming(named: readonly Known[]): Promise<Known[]> {
    const [only] = named;
    if (only === undefined) return [];
    if (named.length === 1) return (await this.namingOne.get(only.record.doi)) ?? [];
    return this.namingSome(named.map(({ record }) => record.doi));
  }

  private namingSome(dois: readonly string[]): Promise<Known[]> {
    return this.some({
      'record.resource.relatedIdentifiers.relatedIdentifier': { $in: dois.flatMap(spellings) },
    });
  }

  /** Of many at once, as long as no limit says that some are missing. */
  private async namingAny(dois: readonly string[]): Promise<Map<string, Known[]>> {
    const rows = await this.namingSome(dois);
    if (rows.length >= maxNeighbours && dois.length > 1) {
      const each = await Promise.all(dois.map((doi) => this.namingAny([doi])));
      return new Map(each.flatMap((one) => [...one]));
    }
    rows.sort((left, right) => (left._id < right._id ? -1 : 1));
    return new Map(dois.map((doi) => [doi, rows.filter((row) => names(row, spellings(doi)))]));
  }

  private async withKeys(keys: readonly string[]): Promise<Known[]> {
    return keys.length === 0 ? [] : this.some({ _id: { $in: [...keys] } });
  }

  private some(filter: object): Promise<Known[]> {
    return this.store.records.find(filter, { projection: shown }).limit(maxNeighbours).toArray();
  }
}

/** The ways a DOI is written in related identifiers, each an exact value of the index. */
function spellings(doi: string): string[] {
  const cases = [...new Set([doiKey(doi), doi, doi.toUpperCase()])];
  return cases.flatMap((one) => [one, `https://doi.org/${one}`, `doi:${one}`]);
}

function names({ record }: Known, values: readonly string[]): boolean {
  return (record.resource.relatedIdentifiers ?? []).some(({ relatedIdentifier }) =>
    values.includes(relatedIdentifier),
  );
}

/** Draws the edges of some records; gives the versions they name that nobody looked up yet. */
function linkVersions(
  records: readonly Known[],
  newer: Map<string, Set<string>>,
  known: ReadonlyMap<string, Known>,
): string[] {
  const unknown = new Set<string>();
  for (const { _id, record } of records)
    for (const { relatedIdentifier, relationType } of record.resource.relatedIdentifiers ?? []) {
      const direction = newerIs[relationType];
      const other = direction === undefined ? undefined : bareDoi(relatedIdentifier);
      if (direction === undefined || other === undefined || other === _id) continue;
      const [from, to] = direction === 'self' ? [other, _id] : [_id, other];
      newer.set(from, (newer.get(from) ?? new Set()).add(to));
      if (!known.has(other) && unknown.size < maxNeighbours) unknown.add(other);
    }
  return [...unknown];
}

function isVersion(id: string, newer: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  return newer.has(id) || [...newer.values()].some((set) => set.has(id));
}

function relationsFrom(
  self: Known,
  known: ReadonlyMap<string, Known>,
  newer: ReadonlyMap<string, ReadonlySet<string>>,
  others: readonly Known[],
): Relations {
  const older = new Map<string, Set<string>>();
  for (const [from, all] of newer)
    for (const to of all) older.set(to, (older.get(to) ?? new Set()).add(from));
  const visible = (id: string): boolean => known.get(id)?.record.state === 'published' || id === self._id;
  const later = reachable(self._id, newer);
  const chain = [self._id, ...later, ...reachable(self._id, older)].filter(visible);
  const versions = [...new Set(chain)].map((id) => neighbourOf(known.get(id) as Known)).sort(newestFirst);
  const newest = [...later]
    .filter(visible)
    .map((id) => neighbourOf(known.get(id) as Known))
    .sort(newestFirst)[0];
  const said = new Set(
    (self.record.resource.relatedIdentifiers ?? []).map(({ relatedIdentifier }) =>
      bareDoi(relatedIdentifier),
    ),
  );
  const incoming = others
    .filter(({ _id, record }) => record.state === 'published' && _id !== self._id && !said.has(_id))
    .flatMap((other) =>
      (other.record.resource.relatedIdentifiers ?? [])
        .filter(
          ({ relatedIdentifier, relationType }) =>
            bareDoi(relatedIdentifier) === self._id &&
            inverse[relationType] !== undefined &&
            newerIs[relationType] === undefined,
        )
        .slice(0, 1)
        .map(({ relationType }) => ({ relation: inverse[relationType] as string, from: neighbourOf(other) })),
    );
  return {
    versions: versions.length > 1 ? versions : [],
    ...(newest === undefined ? {} : { newest }),
    incoming,
  };
}

function reachable(from: string, edges: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found = new Set<string>();
  const todo = [from];
  for (let id = todo.pop(); id !== undefined; id = todo.pop())
    for (const next of edges.get(id) ?? [])
      if (next !== from && !found.has(next)) {
        found.add(next);
        todo.push(next);
      }
  return found;
}

function newestFirst(left: Neighbour, right: Neighbour): number {
  return right.publishedAt.localeCompare(left.publishedAt) || right.doi.localeCompare(left.doi);
}

function neighbourOf({ record }: Known): Neighbour {
  const { version } = record.resource;
  return {
    doi: record.doi,
    title: record.resource.titles[0]?.title ?? record.doi,
    publishedAt: record.publishedAt,
    ...(version === undefined ? {} : { version }),
  };
}

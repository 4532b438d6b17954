import { PermanentError, TransientError } from '#kernel';
import type { SimulatedDatabase } from './database.js';

type Row = Record<string, unknown>;

interface Filter {
  readonly where?: Row;
  readonly fields?: readonly string[];
  readonly limits?: {
    readonly limit?: number;
    readonly skip?: number;
    readonly order?: string;
    readonly sort?: Row;
  };
}

/** Collections by the words that stand for them in addresses. */
const collections: Readonly<Record<string, string>> = {
  datasets: 'Dataset',
  origdatablocks: 'OrigDatablock',
  datablocks: 'Datablock',
  jobs: 'Job',
};

/**
 * What catalog-api answers to the few reads that other apps ask of it, from its database: stands for HTTP, the sign-in and the
 * controllers between.
 */
export class CatalogueAnswers {
  constructor(private readonly database: SimulatedDatabase) {}

  /** @throws PermanentError as `CatalogSession.get` does of a refusal */
  async get(path: string): Promise<unknown> {
    const url = new URL(path, 'http://catalogue');
    const [, , , kind = '', id, inner, last] = url.pathname.split('/').map(decodeURIComponent);
    const name = collections[kind];
    if (name === undefined) throw refused(404, path);
    if (id === undefined)
      return this.list(name, JSON.parse(url.searchParams.get('filter') ?? '{}') as Filter);
    if (inner !== undefined && last === 'count')
      return {
        count: await this.database.collection<Row>(collections[inner]!).countDocuments({ datasetId: id }),
      };
    const found = await this.database.collection<Row>(name).findOne({ _id: id } as object);
    if (found === null) throw refused(404, path);
    return found;
  }

  private async list(name: string, { where = {}, fields, limits = {} }: Filter): Promise<unknown> {
    const { limit = 100, skip = 0, order, sort } = limits;
    const [field = '_id', direction = 'asc'] = order?.split(':') ?? [];
    const by = sort ?? { [field]: direction };
    const projection =
      fields === undefined ? {} : Object.fromEntries(fields.map((name) => [name, 1 as const]));
    const rows = await this.database
      .collection<Row>(name)
      .find(translated(where) as object, { projection })
      .sort(Object.fromEntries(Object.keys(by).map((key) => [key, by[key] === 'desc' ? -1 : 1])))
      .limit(skip + limit)
      .toArray();
    return rows.slice(skip);
  }
}

/** LoopBack's operators in MongoDB's words. */
function translated(where: unknown): unknown {
  if (Array.isArray(where)) return where.map(translated);
  if (typeof where !== 'object' || where === null) return where;
  const words: Readonly<Record<string, string>> = { inq: '$in', gt: '$gt', and: '$and', or: '$or' };
  return Object.fromEntries(
    Object.entries(where).map(([key, value]) => [words[key] ?? key, translated(value)]),
  );
}

function refused(status: number, path: string): PermanentError {
  return new PermanentError('catalog.api-refused', `GET ${path} was answered ${status}.`, {
    details: { status },
  });
}

export function catalogueAway(): TransientError {
  return new TransientError('catalog.api-away', 'The catalogue does not answer.', { away: true });
}

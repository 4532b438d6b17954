import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '#kernel';
import { fieldsOf, isFields, type Fields } from '../answers.js';
import type { ScicatPerson } from '../scicat.js';
import type { ListedEntry, ScicatRecords, StoredJob } from './memory-scicat.js';
import { identityOf, newJobIn, takeJob, userOf } from './new-jobs.js';
import {
  ScicatRefusal,
  checkV4,
  conditionOfFields,
  conditionOfV3,
  matches,
  page,
  parsed,
  projected,
  sortedBy,
} from './scicat-queries.js';

interface Asked {
  readonly method: string;
  /** As sent. */
  readonly path: string;
  /** Decoded, of the part of the path that is in brackets. */
  readonly ids: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Fields;
  /** Undefined for a token that is none. */
  readonly user: string | undefined;
  /** Whose token it is, unless it is that of the account. */
  readonly person: ScicatPerson | undefined;
}

interface Answer {
  readonly status: number;
  /** Without, an empty answer. */
  readonly body?: unknown;
}

const largestBody = 16 * 1024 * 1024;

/** A SciCat that speaks what the bridge asks, with SciCat's statuses, limits and oddities, over the records of a twin. */
export class ScicatServer {
  /** Sign-ins so far. */
  signIns = 0;
  /** Every call but sign-ins: method and path. */
  readonly calls: string[] = [];
  /** Whether it has a route to change a life cycle; older versions have none. */
  hasLifecycleRoute = true;
  /** Whether it sorts jobs as asked; some versions of v3 lose the order, and some of v4 turn it and know no other place for it. */
  sortsJobs = true;
  /** Whether it takes `$expr` in a condition, and reads numbers and times into texts: what is SciCat-shaped may do neither. */
  takesExpr = true;
  /** Answers in its place. */
  instead: ((method: string, path: string) => Answer | undefined) | undefined;
  private tokens = new Set<string>();
  private readonly originalIds = new Map<readonly ListedEntry[], string>();
  private readonly server = createServer((request, response) => void this.serve(request, response));

  constructor(
    private readonly records: ScicatRecords,
    readonly account = { username: 'bridge', password: 'secret' },
  ) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Every token is taken for nobody's from now on. */
  forgetTokens(): void {
    this.tokens = new Set();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.answer(request).catch((error: unknown) => {
      if (!(error instanceof ScicatRefusal)) return { status: 500, body: 'Internal server error' };
      if (error.status >= 500) return { status: 500, body: 'Internal server error' };
      return { status: error.status, body: { message: error.message, statusCode: error.status } };
    });
    if (body === undefined) response.writeHead(status).end();
    else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://scicat');
    const method = request.method ?? 'GET';
    const text = await bodyOf(request);
    if (pathname === '/api/v3/auth/login') return this.signIn(parsed(text));
    this.calls.push(`${method} ${pathname}`);
    const instead = this.instead?.(method, pathname);
    if (instead !== undefined) return instead;
    if (!this.takesExpr && [...searchParams.values()].some((value) => value.includes('$expr')))
      return { status: 400, body: { message: 'Operator $expr is not allowed', statusCode: 400 } };
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const person = this.records.people.get(token);
    const user = this.tokens.has(token) ? this.account.username : person?.username;
    for (const [route, handle] of this.routes) {
      const found = new RegExp(`^${route}$`).exec(`${method} ${pathname}`);
      if (found === null) continue;
      const ids = found.slice(1).map(decodeURIComponent);
      const body = parsed(text || '{}');
      return handle({ method, path: pathname, ids, query: searchParams, body, user, person });
    }
    const message = `Cannot ${method} ${pathname}`;
    return { status: 404, body: { message, error: 'Not Found', statusCode: 404 } };
  }

  private get routes(): readonly (readonly [string, (asked: Asked) => Answer])[] {
    const change = (asked: Asked): Answer => this.changeLifecycle(asked);
    return [
      ['GET /api/v3/health', () => ok({ status: 'ok' })],
      ['GET /api/v4/jobs', (asked) => this.jobsOfV4(signedIn(asked))],
      ['GET /api/v3/jobs/fullfacet', (asked) => this.facetsOfJobs(signedIn(asked))],
      ['GET /api/v3/jobs/fullquery', (asked) => this.jobsOfV3(signedIn(asked))],
      ['GET /api/v4/jobs/([^/]+)', (asked) => ok(jobV4(this.job(signedIn(asked))))],
      ['GET /api/v3/jobs/([^/]+)', (asked) => ok(jobV3(this.job(signedIn(asked))))],
      ['POST /api/(?:v3|v4)/jobs', (asked) => this.addJob(signedIn(asked))],
      ['GET /api/v3/users/my/(self|identity)', (asked) => myself(asked)],
      ['GET /api/v3/users/([^/]+)', (asked) => this.person(signedIn(asked), 'self')],
      ['GET /api/v3/users/([^/]+)/userIdentity', (asked) => this.person(signedIn(asked), 'identity')],
      ['PATCH /api/(?:v3|v4)/jobs/([^/]+)', (asked) => this.changeJob(signedIn(asked))],
      ['GET /api/v3/datasets', (asked) => this.datasets(asked)],
      ['GET /api/v3/datasets/([^/]+)', (asked) => this.dataset(asked)],
      ...(this.hasLifecycleRoute
        ? [['PATCH /api/v3/datasets/([^/]+)/datasetlifecycle', change] as const]
        : []),
      ['PATCH /api/v3/datasets/([^/]+)', (asked) => this.changeDataset(signedIn(asked))],
      ['GET /api/v3/origdatablocks/fullquery', (asked) => this.originals(signedIn(asked))],
      ['GET /api/v3/origdatablocks/fullfacet', (asked) => this.countOriginals(signedIn(asked))],
      ['GET /api/v3/datablocks', (asked) => this.datablocks(signedIn(asked))],
      ['POST /api/v3/datasets/([^/]+)/datablocks', (asked) => this.addDatablock(signedIn(asked))],
      [
        'DELETE /api/v3/datasets/([^/]+)/datablocks/([^/]+)',
        (asked) => this.removeDatablock(signedIn(asked)),
      ],
    ];
  }

  private signIn({ username, password }: Fields): Answer {
    this.signIns += 1;
    if (username !== this.account.username || password !== this.account.password)
      return { status: 401, body: { message: 'Unauthorized', statusCode: 401 } };
    const token = `token-${this.signIns}`;
    this.tokens.add(token);
    return { status: 201, body: { access_token: token, id: token, expires_in: 3600, ttl: 3600 } };
  }

  private job({ ids }: Asked): StoredJob {
    const found = this.records.jobs.get(ids[0] ?? '');
    if (found === undefined) throw new ScicatRefusal(400, 'Invalid job id.');
    return found;
  }

  private jobsOfV4({ query }: Asked): Answer {
    const filter = parsed(query.get('filter'));
    if (!this.sortsJobs && ('sort' in filter || 'fields' in filter))
      throw new ScicatRefusal(400, 'Invalid filter syntax.');
    checkV4(filter);
    const { where, fields, limits, sort } = filter;
    const found = [...this.records.jobs.values()]
      .map(jobV4)
      .filter((job) => matches(job, isFields(where) ? where : {}));
    const { limit } = isFields(limits) ? limits : {};
    const [order] = Object.entries(isFields(sort) ? sort : {});
    const sorted = order === undefined ? this.asItComes(found) : sortedBy(found, ...order);
    return ok(page(sorted, { limit }, 10).map((job) => projected(job, fields)));
  }

  private asItComes(jobs: readonly Fields[]): readonly Fields[] {
    return this.sortsJobs ? jobs : sortedBy(jobs, 'id', 'desc');
  }

  private jobsOfV3({ query }: Asked): Answer {
    const { jobStatusMessage, ...others } = parsed(query.get('fields'));
    const status = jobStatusMessage === undefined ? {} : { statusCode: jobStatusMessage };
    const fields = fieldsOf(this.conditionIn({ ...others, ...status }), 'fields');
    const found = [...this.records.jobs.values()].filter((job) =>
      matches(jobV4(job), conditionOfFields(fields)),
    );
    const { order, ...limits } = parsed(query.get('limits'));
    return ok(page(found.map(jobV3), this.sortsJobs ? { ...limits, order } : limits));
  }

  /** Of jobs by their ids only, as that is what the bridge asks. */
  private facetsOfJobs({ query }: Asked): Answer {
    const { _id: ids } = parsed(query.get('fields'));
    const found = [...this.records.jobs.values()].filter(({ id }) => Array.isArray(ids) && ids.includes(id));
    const names = JSON.parse(query.get('facets') ?? '[]') as ('ownerGroup' | 'createdBy')[];
    const facets = names.map((name) => [
      name,
      found.flatMap((job) => (job[name] === undefined ? [] : [{ _id: job[name], count: 1 }])),
    ]);
    return ok([{ ...Object.fromEntries(facets), all: [{ totalSets: found.length }] }]);
  }

  private conditionIn(value: unknown): unknown {
    return conditionOfV3(value, this.takesExpr);
  }

  private changeJob(asked: Asked): Answer {
    const { statusCode, statusMessage, jobStatusMessage, jobResultObject, ...unknown } = asked.body;
    const isV4 = asked.path.startsWith('/api/v4');
    const [code, message] = isV4 ? [statusCode, statusMessage] : [jobStatusMessage, jobStatusMessage];
    if (typeof code !== 'string' || typeof message !== 'string' || Object.keys(unknown).length > 0)
      throw new ScicatRefusal(400, 'Bad Request');
    const job = this.job(asked);
    const result = isFields(jobResultObject) ? { jobResultObject } : {};
    const changed = { ...job, statusCode: code, statusMessage: message, ...result };
    this.records.jobs.set(job.id, changed);
    return ok(isV4 ? jobV4(changed) : jobV3(changed));
  }

  private addJob({ path, body }: Asked): Answer {
    const isV4 = path.startsWith('/api/v4');
    const job = takeJob(this.records, this.account.username, newJobIn(body, isV4));
    return { status: 201, body: isV4 ? jobV4(job) : jobV3(job) };
  }

  /** Nothing at all of one whom it does not know. */
  private person({ ids: [id], person }: Asked, part: 'self' | 'identity'): Answer {
    if (person !== undefined && person.id !== id)
      throw new ScicatRefusal(403, 'Access Forbidden or Unauthorized');
    const found = [...this.records.people.values()].find((one) => one.id === id);
    return found === undefined ? { status: 200 } : ok(part === 'self' ? userOf(found) : identityOf(found));
  }

  private datasets({ query, user }: Asked): Answer {
    const { where, fields, limits } = parsed(query.get('filter'));
    const condition = fieldsOf(this.conditionIn(where ?? {}), 'where');
    const found = [...this.records.datasets.values()]
      .map((dataset): Fields => ({ ...dataset, _id: dataset.pid }))
      .filter(
        (dataset) => (user !== undefined || dataset['isPublished'] === true) && matches(dataset, condition),
      );
    return ok(page(found, limits).map((dataset) => projected(dataset, fields)));
  }

  private dataset({ ids: [pid = ''], user }: Asked): Answer {
    const found = this.records.datasets.get(pid);
    if (found === undefined) throw new ScicatRefusal(404, `dataset: ${pid} not found`);
    if (user === undefined && !found.isPublished) throw new ScicatRefusal(403, 'Unauthorized access');
    return ok({ ...found, _id: pid, history: [] });
  }

  private changeLifecycle(asked: Asked): Answer {
    const [pid = ''] = signedIn(asked).ids;
    if (Object.keys(asked.body).length === 0)
      throw new ScicatRefusal(400, 'dataset lifecycle DTO must not be empty');
    const found = this.records.datasets.get(pid);
    if (found === undefined) throw new ScicatRefusal(404, `dataset with pid ${pid} not found`);
    const datasetlifecycle = { ...found.datasetlifecycle, ...asked.body };
    this.records.datasets.set(pid, { ...found, datasetlifecycle });
    return ok(datasetlifecycle);
  }

  /** What is not named of a life cycle falls back to what new datasets have. */
  private changeDataset({ ids: [pid = ''], body }: Asked): Answer {
    const found = this.records.datasets.get(pid);
    if (found === undefined) throw new ScicatRefusal(404, 'Not Found');
    const { datasetlifecycle, ...unknown } = body;
    if (Object.keys(unknown).length > 0) throw new ScicatRefusal(400, 'Bad Request');
    const fresh = { archivable: true, retrievable: false, archiveStatusMessage: 'datasetCreated' };
    const changed = {
      ...found,
      datasetlifecycle: { ...fresh, ...(isFields(datasetlifecycle) ? datasetlifecycle : {}) },
    };
    this.records.datasets.set(pid, changed);
    return ok(changed);
  }

  private originals({ query }: Asked): Answer {
    const found = this.originalRecords(parsed(query.get('fields')));
    return ok(page(found, parsed(query.get('limits'))));
  }

  private countOriginals({ query }: Asked): Answer {
    const totalSets = this.originalRecords(parsed(query.get('fields'))).length;
    return ok([{ all: totalSets === 0 ? [] : [{ totalSets }] }]);
  }

  private originalRecords(fields: Fields): readonly Fields[] {
    const all = [...this.records.originals].flatMap(([datasetId, blocks]) =>
      blocks.map((dataFileList) => ({ _id: this.idOf(dataFileList), datasetId, dataFileList })),
    );
    return all.filter((block) => matches(block, conditionOfFields(fields)));
  }

  /** A block that comes later has the lower id: where a list is read by ids, it is missed. */
  private idOf(block: readonly ListedEntry[]): string {
    const id = this.originalIds.get(block) ?? `block-${900_000 - this.originalIds.size}`;
    this.originalIds.set(block, id);
    return id;
  }

  private datablocks({ query }: Asked): Answer {
    const { where, fields, limits } = parsed(query.get('filter'));
    const condition = fieldsOf(this.conditionIn(where ?? {}), 'where');
    const found = [...this.records.datablocks.values()]
      .map(({ id, ...datablock }): Fields => ({ ...datablock, _id: id }))
      .filter((datablock) => matches(datablock, condition));
    return ok(page(found, limits).map((datablock) => projected(datablock, fields)));
  }

  private addDatablock({ ids: [pid = ''], body }: Asked): Answer {
    const { archiveId, size, packedSize, chkAlg, version, dataFileList, ...unknown } = body;
    if (Object.keys(unknown).length > 0 || typeof archiveId !== 'string' || !Array.isArray(dataFileList))
      throw new ScicatRefusal(400, 'Bad Request');
    if (!this.records.datasets.has(pid)) throw new ScicatRefusal(404, `dataset: ${pid} not found`);
    if ([...this.records.datablocks.values()].some((datablock) => datablock.archiveId === archiveId))
      throw new ScicatRefusal(409, 'A datablock with this this unique key already exists!');
    const id = newId();
    this.records.datablocks.set(id, {
      ...{ id, archiveId, datasetId: pid, size: Number(size), packedSize: Number(packedSize) },
      ...{ chkAlg: String(chkAlg), version: String(version), dataFileList, createdBy: this.account.username },
    });
    return { status: 201, body: { ...body, _id: id } };
  }

  private removeDatablock({ ids: [pid = '', id = ''] }: Asked): Answer {
    if (!this.records.datasets.has(pid)) throw new ScicatRefusal(404, `dataset: ${pid} not found`);
    if (this.records.datablocks.get(id)?.datasetId !== pid) throw new ScicatRefusal(404, 'Not Found');
    this.records.datablocks.delete(id);
    return { status: 200 };
  }
}

function myself({ ids: [part], person, user }: Asked): Answer {
  if (user === undefined) throw new ScicatRefusal(401, 'Unauthenticated');
  return person === undefined ? { status: 200 } : ok(part === 'self' ? userOf(person) : identityOf(person));
}

function signedIn(asked: Asked): Asked {
  if (asked.user !== undefined) return asked;
  throw new ScicatRefusal(403, 'Forbidden resource');
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function jobV4({ datasetList, jobParams, ...job }: StoredJob): Fields {
  return { ...job, _id: job.id, jobParams: { ...jobParams, datasetList } };
}

function jobV3({
  id,
  type,
  statusCode,
  createdAt,
  datasetList,
  jobParams,
  ownerUser,
  jobResultObject,
  contactEmail,
}: StoredJob): Fields {
  return {
    ...{
      id,
      _id: id,
      type,
      jobStatusMessage: statusCode,
      creationTime: createdAt,
      datasetList,
      jobResultObject,
      emailJobInitiator: contactEmail,
    },
    jobParams: { username: ownerUser, ...jobParams },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    pieces.push(piece as Buffer);
  }
  if (bytes > largestBody) throw new ScicatRefusal(500, 'request entity too large');
  return Buffer.concat(pieces).toString();
}

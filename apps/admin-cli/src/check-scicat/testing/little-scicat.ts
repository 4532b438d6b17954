import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LittleScicatOptions {
  /** Of the account `bridge` with the password `secret`. */
  readonly groups: readonly string[];
  /** SciCat's variables, each with its groups. */
  readonly lists: Readonly<Partial<Record<ListName, readonly string[]>>>;
  readonly jobTypes: readonly string[];
  readonly datasets: readonly Readonly<Record<string, unknown>>[];
  readonly jobs: readonly Readonly<Record<string, unknown>>[];
  /** Versions of its interface that it has. */
  readonly versions: readonly ('v3' | 'v4')[];
  /** Milliseconds by which its clock is ahead. */
  readonly ahead: number;
  /** Instead of its own answer, to requests of the method (default: any) whose path begins so. */
  readonly instead?: {
    readonly method?: string;
    readonly path: string;
    readonly answer: (response: ServerResponse) => void;
  };
}

type ListName =
  | 'ADMIN_GROUPS'
  | 'UPDATE_DATASET_LIFECYCLE_GROUPS'
  | 'UPDATE_JOB_PRIVILEGED_GROUPS'
  | 'CREATE_DATASET_GROUPS'
  | 'CREATE_DATASET_PRIVILEGED_GROUPS'
  | 'DELETE_GROUPS';

interface Told {
  readonly status: number;
  readonly body?: unknown;
}

const forbidden: Told = refusal(403, 'Forbidden resource');

/** Answers a few questions as SciCat 4.5 does, over HTTP, and keeps what it was made to write. */
export class LittleScicat {
  /** Everything that a request has changed. */
  readonly written: string[] = [];
  private readonly server: Server;

  private constructor(private readonly options: LittleScicatOptions) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  static async start(options: Partial<LittleScicatOptions>): Promise<LittleScicat> {
    const scicat = new LittleScicat({
      ...{ groups: ['archivemanager'], lists: {}, jobTypes: ['archive', 'retrieve', 'reset'] },
      ...{ datasets: [], jobs: [], versions: ['v3', 'v4'], ahead: 0 },
      ...options,
    });
    scicat.server.listen(0, '127.0.0.1');
    await once(scicat.server, 'listening');
    return scicat;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { instead, ahead } = this.options;
    const { method, path, answer } = instead ?? {};
    if (
      path !== undefined &&
      request.url?.startsWith(path) === true &&
      (method ?? request.method) === request.method
    )
      return answer?.(response);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const sent = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    const { status, body } = this.toldTo(request, sent);
    response.writeHead(status, {
      date: new Date(Date.now() + ahead).toUTCString(),
      'content-type': typeof body === 'boolean' ? 'text/html' : 'application/json',
    });
    response.end(body === undefined ? '' : JSON.stringify(body));
  }

  private toldTo({ method = '', url = '', headers }: IncomingMessage, sent: Record<string, unknown>): Told {
    const { pathname, searchParams } = new URL(url, 'http://scicat');
    const [, version = '', path = ''] = /^\/api\/(v[34])(\/.*)$/.exec(pathname) ?? [];
    if (pathname === '/explorer-json') return { status: 200, body: { info: { version: 'api/v3' } } };
    if (!this.options.versions.some((known) => known === version)) return unknown(method, pathname);
    if (path === '/health') return { status: 200, body: { status: 'ok', info: {} } };
    if (path === '/auth/login')
      return sent['username'] === 'bridge' && sent['password'] === 'secret'
        ? { status: 201, body: { access_token: 'a-token', user: {} } }
        : { status: 401, body: { message: 'Unauthorized', statusCode: 401 } };
    if (headers.authorization !== 'Bearer a-token') return forbidden;
    const filter = JSON.parse(searchParams.get('filter')?.replace(/^[^{].*/, '{}') ?? '{}') as object;
    return (
      (path.startsWith('/jobs')
        ? this.toldOfJobs(method, version, path, sent)
        : this.toldOfDatasets(method, path, filter)) ?? unknown(method, pathname)
    );
  }

  private toldOfDatasets(method: string, path: string, filter: { where?: Where }): Told | undefined {
    const { groups, datasets } = this.options;
    const email = 'bridge@example.org';
    switch (`${method} ${path.replace(/\/[0-9a-f-]{36}/g, '/:id')}`) {
      case 'GET /users/my/identity':
        return { status: 200, body: { profile: { email, accessGroups: groups } } };
      case 'GET /useridentities/isValidEmail':
        return this.isIn('ADMIN_GROUPS') ? { status: 200, body: false } : forbidden;
      case 'GET /datasets':
        return { status: 200, body: datasets.filter((one) => this.mayRead(one) && fits(one, filter.where)) };
      case 'GET /origdatablocks':
        return { status: 200, body: [] };
      case 'POST /datasets/:id/datablocks':
        return this.mayCreate() ? refusal(400, ['archiveId must be a string']) : forbidden;
      case 'DELETE /datasets/:id/datablocks/:id':
        return this.isIn('DELETE_GROUPS') ? refusal(404, 'Not Found') : forbidden;
      default:
        return undefined;
    }
  }

  private toldOfJobs(
    method: string,
    version: string,
    path: string,
    sent: Record<string, unknown>,
  ): Told | undefined {
    const { jobs, groups, jobTypes } = this.options;
    const isPrivileged = this.isIn('ADMIN_GROUPS') || this.isIn('UPDATE_JOB_PRIVILEGED_GROUPS');
    if (method === 'GET' && path === (version === 'v3' ? '/jobs/fullquery' : '/jobs'))
      return {
        status: 200,
        body: jobs.filter((job) => isPrivileged || groups.includes(String(job['ownerGroup']))),
      };
    if (method === 'PATCH') return isPrivileged ? refusal(400, 'Invalid job id.') : forbidden;
    if (method !== 'POST' || path !== '/jobs') return undefined;
    if (!this.isIn('ADMIN_GROUPS')) return forbidden;
    if (!jobTypes.includes(String(sent['type'])))
      return refusal(400, `Invalid job type: ${String(sent['type'])}`);
    const { datasetList } = sent['jobParams'] as { datasetList?: unknown[] };
    if (datasetList?.length === 0) return refusal(400, 'List of passed datasets is empty.');
    this.written.push('a job');
    return { status: 201, body: { id: 'new' } };
  }

  private isIn(list: ListName): boolean {
    return this.options.groups.some((group) => this.options.lists[list]?.includes(group));
  }

  private mayCreate(): boolean {
    const named = this.options.lists.CREATE_DATASET_GROUPS ?? ['#all'];
    return (
      named.includes('#all') ||
      (['ADMIN_GROUPS', 'CREATE_DATASET_PRIVILEGED_GROUPS', 'CREATE_DATASET_GROUPS'] as const).some((list) =>
        this.isIn(list),
      )
    );
  }

  private mayRead({ ownerGroup, isPublished }: Readonly<Record<string, unknown>>): boolean {
    return (
      this.isIn('ADMIN_GROUPS') ||
      this.isIn('UPDATE_DATASET_LIFECYCLE_GROUPS') ||
      isPublished === true ||
      this.options.groups.includes(String(ownerGroup))
    );
  }
}

interface Where {
  readonly ownerGroup: { readonly nin: readonly string[] };
}

function fits({ ownerGroup, isPublished }: Readonly<Record<string, unknown>>, where?: Where): boolean {
  return where === undefined || (isPublished !== true && !where.ownerGroup.nin.includes(String(ownerGroup)));
}

function refusal(status: number, message: string | readonly string[]): Told {
  return { status, body: { message, statusCode: status } };
}

function unknown(method: string, path: string): Told {
  return refusal(404, `Cannot ${method} ${path}`);
}

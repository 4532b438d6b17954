import assert from 'node:assert/strict';
import type { Why } from '#console-api';
import { until } from '#messaging/testing';
import { whyJobs, type OperatedApp } from '#operations-client';
import type { AppName } from '../../tools/start/src/index.js';
import type { Installation } from './installation.js';

/** What an app answered to an operations call. */
export interface OperationsAnswer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly body: Body;
  readonly etag: string | null;
}

export interface OperationsCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** For whom; default `ada`. */
  readonly as?: string;
  readonly token?: string;
}

/** Calls the operations of one installation's apps, as an operator's program does. */
export class Operations {
  constructor(private readonly installation: Installation) {}

  async call<Body = Record<string, unknown>>(
    app: AppName,
    path: string,
    { method, body, headers, as = 'ada', token }: OperationsCall = {},
  ): Promise<OperationsAnswer<Body>> {
    const { ports, secrets } = this.installation.settings;
    const tokens: Readonly<Partial<Record<AppName, string>>> = secrets.operationsTokens;
    const response = await fetch(`http://127.0.0.1:${ports[app]}/api/v4/operations/${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        authorization: `Bearer ${token ?? tokens[app] ?? ''}`,
        'catena-acting-for': encodeURIComponent(as),
        'catena-acting-via': 'cli',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? undefined : JSON.parse(text)) as Body,
      etag: response.headers.get('etag'),
    };
  }

  /** @throws AssertionError for any other answer than a good one */
  async good<Body = Record<string, unknown>>(
    app: AppName,
    path: string,
    call: OperationsCall = {},
  ): Promise<Body> {
    const { status, body } = await this.call<Body>(app, path, call);
    assert.ok(status < 300, `${app} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** All items of a list, page by page. */
  async all<Item>(app: AppName, path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let after: string | undefined; ;) {
      const sign = path.includes('?') ? '&' : '?';
      const place = after === undefined ? '' : `&after=${encodeURIComponent(after)}`;
      const page = await this.good<{ items: Item[]; next?: string }>(app, `${path}${sign}limit=200${place}`);
      items.push(...page.items);
      if (page.next === undefined) return items;
      after = page.next;
    }
  }
}

/** Who is asked why a job waits. */
const answering = ['catalog-api', 'job-assembler', 'archiver'] as const;

/** Reads the same where people do. */
export interface WhyReader {
  /** @param isFirst whether it is to be what is said first */
  read(jobId: string, code: string, isFirst: boolean): Promise<void>;
}

/**
 * Asks the apps of one installation why jobs wait, and puts together what they say, as `catena ops why` does. With a reader each
 * answer that is waited for is read there, too.
 */
export class Whys {
  private readonly apps: readonly OperatedApp[];

  constructor(
    { settings: { ports, secrets } }: Installation,
    private readonly reader?: WhyReader,
  ) {
    this.apps = answering.map((name) => ({
      ...{ name, url: `http://127.0.0.1:${ports[name]}`, token: secrets.operationsTokens[name] },
    }));
  }

  async of(jobId: string): Promise<Why> {
    const acting = { name: 'ada', via: 'cli' as const };
    const { signal } = new AbortController();
    return (await whyJobs(this.apps, acting, [jobId], signal, new Date())).get(jobId)!;
  }

  /** Waits until this is the first thing that is said of the job; gives back all that is said then. */
  async waitsFor(jobId: string, code: string, limit = 120_000): Promise<Why> {
    const why = await this.when(jobId, code, limit, ({ headline }) => headline?.code === code);
    await this.reader?.read(jobId, code, true);
    return why;
  }

  /** Waits until this is said of the job, first or not. */
  async says(jobId: string, code: string, limit = 120_000): Promise<Why> {
    const why = await this.when(jobId, code, limit, ({ all }) => all.some((one) => one.code === code));
    await this.reader?.read(jobId, code, false);
    return why;
  }

  private async when(jobId: string, code: string, limit: number, isSo: (why: Why) => boolean): Promise<Why> {
    let last: Why | undefined;
    await until(async () => isSo((last = await this.of(jobId))), limit).catch(() =>
      assert.fail(`expected ${code}, found ${JSON.stringify(last?.all)} ${JSON.stringify(last?.missing)}`),
    );
    return last!;
  }
}

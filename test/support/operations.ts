import assert from 'node:assert/strict';
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

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly body: Body;
}

export interface Job {
  readonly id: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly jobResultObject: {
    readonly result?: {
      datasetId: string;
      archiveId: string;
      url: string;
      size: number;
      expiresAt: string;
    }[];
    readonly good?: string[];
    readonly bad?: { pid: string; code: string; message: string; fault: string }[];
  };
}

const over = /^(finished|jobCancel)/;
/** Milliseconds for a server that is away to come back: on a busy machine a process takes long to start. */
const patience = 240_000;

/** A SciCat client as they are in the field: plain HTTP, v3 bodies, polling. */
export class ScicatClient {
  private token = '';

  constructor(
    readonly base: string,
    private readonly username: string,
    private readonly password: string,
  ) {}

  async login(): Promise<this> {
    const { status, body } = await this.call('POST', '/api/v3/auth/login', {
      username: this.username,
      password: this.password,
    });
    assert.equal(status, 201, JSON.stringify(body));
    this.token = String(body['access_token']);
    return this;
  }

  async call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.token === '' ? {} : { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : parse(text)) as Body };
  }

  /** The same call again while the server is away: what a sensible client does with calls that may be repeated. */
  async patiently<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    for (const until = Date.now() + patience; ;) {
      try {
        const answer = await this.call<Body>(method, path, body, headers);
        if (answer.status < 500 || Date.now() > until) return answer;
      } catch (error) {
        if (Date.now() > until) throw error;
      }
      await sleep(200);
    }
  }

  postJob(type: string, pids: readonly string[], headers: Record<string, string> = {}): Promise<Answer> {
    const body = {
      type,
      jobParams: { username: this.username },
      datasetList: pids.map((pid) => ({ pid, files: [] })),
    };
    return this.call('POST', '/api/v3/Jobs', body, headers);
  }

  async job(id: string): Promise<Job> {
    const { status, body } = await this.patiently<Job>('GET', `/api/v4/jobs/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  /** Polls until the job is over. */
  async jobEnd(id: string, limit = 240_000): Promise<Job> {
    const until = Date.now() + limit;
    for (;;) {
      const job = await this.job(id);
      if (over.test(job.statusCode)) return job;
      assert.ok(
        Date.now() < until,
        `expected job ${id} to end within ${limit} ms, found ${job.statusCode} (${job.statusMessage})`,
      );
      await sleep(50);
    }
  }

  async dataset(
    pid: string,
  ): Promise<Record<string, unknown> & { datasetlifecycle: Record<string, unknown> }> {
    const { status, body } = await this.patiently<
      Record<string, unknown> & { datasetlifecycle: Record<string, unknown> }
    >('GET', `/api/v3/datasets/${encodeURIComponent(pid)}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  /** Polls until the catalogue has heard that work on the dataset was planned: until then its record is written. */
  async whenArchivingStarted(pid: string, limit = 240_000): Promise<void> {
    const until = Date.now() + limit;
    for (;;) {
      const { archiveStatusMessage: word } = (await this.dataset(pid)).datasetlifecycle;
      if (word === 'started') return;
      assert.ok(
        Date.now() < until,
        `expected archiving of ${pid} to start within ${limit} ms, found ${String(word)}`,
      );
      await sleep(50);
    }
  }

  async datablocks(
    pid: string,
  ): Promise<{ archiveId: string; packedSize: number; dataFileList: { path: string; chk: string }[] }[]> {
    const { body } = await this.patiently<
      { archiveId: string; packedSize: number; dataFileList: { path: string; chk: string }[] }[]
    >('GET', `/api/v3/datasets/${encodeURIComponent(pid)}/datablocks`);
    return body;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation } from '../installation.js';
import type { TestFile } from '../datasets.js';
import type { ScicatClient } from '../scicat-client.js';
import { Ingestor, type IngestorOptions } from './ingestor.js';
import { register } from './ingestor-registration.js';
import { fileOf, type IngestedFile } from './ingested-files.js';

export const mebibyte = 2 ** 20;
const username = 'demo';
/** Milliseconds for a person who tries again and again. */
const patience = 240_000;

/** Ingestors of the demonstration's user, and what became of what they sent. */
export class IngestorStage {
  private signedIn?: Promise<string>;

  constructor(
    private readonly installation: Installation,
    private readonly client: ScicatClient,
    /** Where the ingestors' API is served. */
    private readonly url = installation.url,
  ) {}

  /** An Ingestor with pauses of a test. */
  async ingestor(options: Partial<IngestorOptions> = {}): Promise<Ingestor> {
    return new Ingestor({
      ...{ scicatUrl: this.installation.url, scicatToken: await this.scicatToken(), username },
      endpoint: `${this.url}/archiver/api/v1`,
      chunkSize: 8 * mebibyte,
      roomInterval: 200,
      pause: (attempt) => Math.min(100 * 2 ** attempt, 5000),
      ...options,
    });
  }

  /** A data set of these files that nothing was sent of yet. */
  async registered(files: readonly TestFile[]): Promise<string> {
    return register({
      ...{ scicatUrl: this.installation.url, scicatToken: await this.scicatToken() },
      ...{ ownerGroup: 'demo-group', contactEmail: 'ada@example.org', sourceFolder: '/microscope/session' },
      files: ingested(files),
    });
  }

  /** A person who begins the upload anew until there is an archive job for it. */
  async untilItIsDone(pid: string, files: readonly TestFile[]): Promise<void> {
    for (const until = Date.now() + patience; ;) {
      const ingestor = await this.ingestor({ chunkSize: 6 * mebibyte });
      const trouble = await ingestor.upload(pid, ingested(files)).then(
        () => undefined,
        (error: unknown) => error as Error,
      );
      if (trouble === undefined || (await this.archiveJobs(pid)).length > 0) return;
      assert.ok(Date.now() < until, `the upload of ${pid} does not end: ${trouble.message}`);
      await sleep(500);
    }
  }

  /** Of the person at the Ingestor, who signs in once. */
  scicatToken(): Promise<string> {
    const { demo: password } = this.installation.settings.secrets.accounts;
    this.signedIn ??= this.client
      .patiently('POST', '/api/v3/auth/login', { username, password })
      .then(({ status, body }) => {
        assert.equal(status, 201, JSON.stringify(body));
        return String(body['access_token']);
      });
    return this.signedIn;
  }

  /** The only archive job of the dataset. */
  async archiveJob(pid: string): Promise<string> {
    const jobs = await this.archiveJobs(pid);
    assert.equal(jobs.length, 1, `archive jobs of ${pid}: ${JSON.stringify(jobs)}`);
    return jobs[0]!;
  }

  async archiveJobs(pid: string): Promise<string[]> {
    const filter = encodeURIComponent(JSON.stringify({ limits: { limit: 1000 } }));
    const { status, body } = await this.client.patiently<{ id: string; type: string }[]>(
      'GET',
      `/api/v4/jobs?filter=${filter}`,
    );
    assert.equal(status, 200, JSON.stringify(body));
    return body
      .filter((job) => job.type === 'archive' && JSON.stringify(job).includes(JSON.stringify(pid)))
      .map(({ id }) => id);
  }

  /** Bytes of INGESTOR_SPACE that are kept or taken, by dataset. */
  holds(): Promise<ReadonlyMap<string, number>> {
    return this.installation.withDatabase('catalog-api', async (database) => {
      const found = await database
        .collection<{ holds: { pid: string; bytes: number }[] }>('ingestor_space')
        .findOne({});
      return new Map((found?.holds ?? []).map(({ pid, bytes }) => [pid, bytes]));
    });
  }

  /** Nothing is kept for any dataset any more. */
  async everythingIsReleased(limit = 120_000): Promise<void> {
    for (const until = Date.now() + limit; ;) {
      const holds = await this.holds();
      if (holds.size === 0) return;
      assert.ok(Date.now() < until, `still held: ${JSON.stringify([...holds])}`);
      await sleep(200);
    }
  }
}

export function ingested(files: readonly TestFile[]): IngestedFile[] {
  return files.map(({ path, content }) => fileOf(path, content));
}

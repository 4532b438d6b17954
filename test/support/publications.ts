import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeDatacite } from '../../tools/fake-datacite/src/index.js';
import { dataciteAccount, doiPrefix } from '../../tools/start/src/index.js';
import { FeedClient, type DigestRow } from '#publication-feed';
import { Installation, type InstallationOptions } from './installation.js';
import type { ScicatClient } from './scicat-client.js';

type Fields = Record<string, unknown>;

export const publicationMetadata: Fields = {
  creators: [
    {
      name: 'Lovelace, Ada',
      nameIdentifiers: [{ nameIdentifier: '0000-0002-1825-0097', nameIdentifierScheme: 'ORCID' }],
      affiliation: [{ name: 'The facility' }],
    },
    { name: 'Babbage, Charles' },
  ],
  publisher: { name: 'The facility' },
  publicationYear: 2026,
  resourceType: 'raw',
  subjects: [{ subject: 'engines' }],
};

/** An installation that publishes: with a DataCite of its own, over a real socket. */
export class PublishingInstallation {
  private constructor(
    readonly installation: Installation,
    readonly datacite: FakeDatacite,
  ) {}

  static async start(options: InstallationOptions = {}): Promise<PublishingInstallation> {
    const site = await PublishingInstallation.create(options);
    await site.installation.start();
    return site;
  }

  /** Its processes are not started yet. */
  static async create(options: InstallationOptions = {}): Promise<PublishingInstallation> {
    const password = randomBytes(9).toString('hex');
    const datacite = new FakeDatacite({ username: dataciteAccount, password, prefix: doiPrefix });
    await datacite.listen();
    const installation = await Installation.create({ ...options, datacite: { url: datacite.url, password } });
    return new PublishingInstallation(installation, datacite);
  }

  /** The publisher's side of the private port. */
  get feed(): FeedClient {
    const { ports, secrets } = this.installation.settings;
    return new FeedClient({ url: `http://127.0.0.1:${ports['publication-feed']}`, secret: secrets.push });
  }

  async digest(): Promise<DigestRow[]> {
    return this.feed.digest('', 1000);
  }

  page(doi: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.installation.publicUrl}/doi/${doi}`, { redirect: 'manual', ...init });
  }

  /** A call of the publisher's operators. */
  async operate(method: string, path: string): Promise<{ status: number; body: Fields }> {
    const { ports, secrets } = this.installation.settings;
    const response = await fetch(
      `http://127.0.0.1:${ports.publisher}/api/v4/operations/publications${path}`,
      {
        method,
        headers: { authorization: `Bearer ${secrets.operationsTokens.publisher}` },
      },
    );
    return { status: response.status, body: (await response.json()) as Fields };
  }

  /** The database in the DMZ is lost. */
  async forgetPublicStore(): Promise<void> {
    await this.installation.withDatabase('publication-server', async (database) => {
      for (const name of ['records', 'files', 'file_list_parts', 'pictures', 'copies', 'copy_members'])
        await database.collection(name).deleteMany({});
    });
  }

  async stop(failed = false, sendsRubbish = false): Promise<void> {
    try {
      await this.installation.stop(failed, sendsRubbish);
    } finally {
      await this.datacite.stop();
    }
  }
}

export async function createPublication(
  client: ScicatClient,
  datasetPids: readonly string[],
  more: Fields = {},
): Promise<string> {
  const body = { title: 'Difference engines', abstract: 'All of them.', metadata: publicationMetadata };
  const answer = await client.call('POST', '/api/v4/publisheddata', { ...body, ...more, datasetPids });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return String(answer.body['doi']);
}

export function publicationPath(doi: string): string {
  return `/api/v4/publisheddata/${encodeURIComponent(doi)}`;
}

export async function statusOf(client: ScicatClient, doi: string): Promise<Fields> {
  const { status, body } = await client.call<Fields>('GET', `${publicationPath(doi)}/publication`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Waits for something to become true. */
export async function eventually<Value>(
  what: string,
  look: () => Promise<Value | undefined>,
  limit = 240_000,
): Promise<Value> {
  let last: unknown;
  for (const until = Date.now() + limit; Date.now() < until; await sleep(100)) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
  }
  return assert.fail(
    `expected within ${limit / 1000} s: ${what}${last === undefined ? '' : ` (${String(last)})`}`,
  );
}

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createDataset, createProposal, createSample } from './records.js';
import { ScicatApp } from './scicat-app.js';
import type { ScicatUser } from './scicat-user.js';

type Fields = Record<string, unknown>;

/** What the web frontend is configured with here: served under `/api/v3/admin`. */
export const frontendFiles = {
  config: { siteTitle: 'Facility' },
  theme: { name: 'plain', properties: {} },
} as const;

/** The app as user1 of the web frontend finds it: two proposals, a sample, an instrument, a raw and a derived dataset. */
export class FrontendScene {
  private constructor(
    readonly app: ScicatApp,
    private readonly folder: string,
    /** User ids. */
    readonly ids: Readonly<Record<'user1' | 'admin', string>>,
    /** Pids. */
    readonly raw: string,
    readonly derived: string,
  ) {}

  static async start(): Promise<FrontendScene> {
    const folder = await mkdtemp(join(tmpdir(), 'catena-frontend-'));
    for (const [name, content] of Object.entries(frontendFiles))
      await writeFile(join(folder, `${name}.json`), JSON.stringify(content));
    const app = await ScicatApp.start({
      FRONTEND_CONFIG_FILE: join(folder, 'config.json'),
      FRONTEND_THEME_FILE: join(folder, 'theme.json'),
      JOB_CONFIGURATION_FILE: resolve('examples/job-configuration.yaml'),
      DOI_PREFIX: '10.5072/',
      TRACKABLES: 'Dataset',
    });
    const self = async (account: 'user1' | 'admin'): Promise<string> =>
      String((await app.as(account).get('/api/v3/users/my/self')).body['id']);
    const { raw, derived } = await seed(app);
    return new FrontendScene(
      app,
      folder,
      { user1: await self('user1'), admin: await self('admin') },
      raw,
      derived,
    );
  }

  async stop(): Promise<void> {
    await this.app.stop();
    await rm(this.folder, { recursive: true });
  }

  get user(): ScicatUser {
    return this.app.as('user1');
  }

  at(pid: string): string {
    return `/api/v3/datasets/${encodeURIComponent(pid)}`;
  }

  /** A list that user1 gets. */
  async rows(path: string, query: Fields = {}, user = this.user): Promise<Fields[]> {
    const { status, body, text } = await user.get<Fields[]>(path, query);
    assert.equal(status, 200, text);
    assert.ok(Array.isArray(body), text);
    return body;
  }

  /** An object that user1 gets. */
  async one(path: string, query: Fields = {}, user = this.user): Promise<Fields> {
    const { status, body, text } = await user.get(path, query);
    assert.equal(status, 200, text);
    return body;
  }
}

async function seed(app: ScicatApp): Promise<{ raw: string; derived: string }> {
  const instrument = { pid: 'i-1', uniqueName: 'i-1', name: 'Diffractometer' };
  assert.equal((await app.as('admin').post('/api/v3/instruments', instrument)).status, 201);
  await createProposal(app.as('admin'), 'p-parent', { title: 'whiskers' });
  await createProposal(app.as('admin'), 'p-1', {
    title: 'whiskers of mice',
    pi_lastname: 'Lovelace',
    startTime: '2024-01-01T00:00:00Z',
    instrumentIds: ['i-1'],
    parentProposalId: 'p-parent',
  });
  await createSample(app.as('user1'), {
    sampleId: 's-1',
    sampleCharacteristics: { weight: { value: 2, unit: 'g' } },
  });
  const raw = await createDataset(app.as('user1'), {
    datasetName: 'whiskers at rest',
    description: 'whiskers and nothing else',
    keywords: ['mice'],
    size: 10,
    packedSize: 8,
    proposalId: 'p-1',
    sampleId: 's-1',
    instrumentId: 'i-1',
    scientificMetadata: { temperature: { value: 300, unit: 'K' } },
  });
  const derived = await createDataset(app.as('user1'), {
    type: 'derived',
    investigator: 'Ada',
    inputDatasets: [raw],
    usedSoftware: ['reduce'],
    principalInvestigator: undefined,
    creationLocation: undefined,
  });
  const block = await app.as('user1').post('/api/v3/origdatablocks', {
    datasetId: raw,
    size: 10,
    dataFileList: ['a.h5', 'b.h5'].map((path) => ({ path, size: 5, time: '2024-01-01T00:00:00Z' })),
  });
  assert.equal(block.status, 201, block.text);
  return { raw, derived };
}

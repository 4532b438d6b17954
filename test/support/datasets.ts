import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Installation } from './installation.js';
import type { ScicatClient } from './scicat-client.js';

export interface TestFile {
  readonly path: string;
  readonly content: Buffer;
}

export interface TestDataset {
  readonly pid: string;
  readonly files: readonly TestFile[];
}

/** The most links one call gives. */
const linksAtOnce = 500;

/** A few odd names, an empty file, nested folders, and enough bytes for several chunks. */
export function sampleFiles(bytes = 3_000_000): TestFile[] {
  return [
    { path: 'big.h5', content: randomBytes(bytes) },
    { path: 'empty.dat', content: Buffer.alloc(0) },
    { path: 'a folder/ünï côdé 名前.txt', content: Buffer.from('hello') },
    { path: `deep/${'x/'.repeat(20)}file`, content: randomBytes(1000) },
    { path: '-rf *', content: randomBytes(10) },
    { path: 'manifest.json', content: Buffer.from('{}') },
  ];
}

/** Writes files below the mounted source folder and registers a dataset with them. */
export async function datasetInSourceFolder(
  installation: Installation,
  client: ScicatClient,
  files = sampleFiles(),
  ownerGroup = 'demo-group',
): Promise<TestDataset> {
  const root = dirname(installation.sourceFolder);
  const folder = join(root, ownerGroup, randomBytes(6).toString('hex'));
  for (const { path, content } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
    await utimes(
      join(folder, path),
      new Date('2020-02-03T04:05:06.789Z'),
      new Date('2020-02-03T04:05:06.789Z'),
    );
  }
  const pid = await createDataset(client, folder, { ownerGroup });
  await registerFiles(
    client,
    pid,
    await Promise.all(files.map(async ({ path }) => ({ path, ...(await describe(join(folder, path))) }))),
  );
  return { pid, files };
}

/** Registers a dataset and uploads its files to the landing zone, as a command line does. */
export async function datasetInLandingZone(
  _installation: Installation,
  client: ScicatClient,
  files = sampleFiles(100_000),
  { checksums = true } = {},
): Promise<TestDataset> {
  const pid = await createDataset(client, '/home/somebody/data');
  for (let first = 0; first < files.length; first += linksAtOnce) {
    await upload(client, pid, files.slice(first, first + linksAtOnce));
  }
  await registerFiles(
    client,
    pid,
    files.map(({ path, content }) => ({
      path,
      size: content.length,
      time: '2020-02-03T04:05:06.789Z',
      ...(checksums ? { chk: sha256(content) } : {}),
    })),
  );
  return { pid, files };
}

/** Links with which files can be put into the landing zone. */
export async function uploadLinks(
  client: ScicatClient,
  pid: string,
  files: readonly { path: string; size: number }[],
): Promise<{ path: string; kind: string; url: string }[]> {
  const { status, body } = await client.call<{ path: string; kind: string; url: string }[]>(
    'POST',
    `/api/v4/datasets/${encodeURIComponent(pid)}/landing-zone/links`,
    { files },
  );
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

async function upload(client: ScicatClient, pid: string, files: readonly TestFile[]): Promise<void> {
  const waiting = await uploadLinks(
    client,
    pid,
    files.map(({ path, content }) => ({ path, size: content.length })),
  );
  const lane = async (): Promise<void> => {
    for (let link = waiting.pop(); link !== undefined; link = waiting.pop()) {
      const { path, url } = link;
      const response = await fetch(url, {
        method: 'PUT',
        body: files.find((file) => file.path === path)!.content,
      });
      assert.equal(response.status, 200, `upload of ${path}`);
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

export async function createDataset(
  client: ScicatClient,
  sourceFolder: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const { status, body } = await client.call('POST', '/api/v3/Datasets', {
    type: 'raw',
    owner: 'Ada Example',
    ownerGroup: 'demo-group',
    contactEmail: 'ada@example.org',
    principalInvestigator: 'Ada Example',
    creationLocation: '/TEST/beamline',
    creationTime: '2020-02-03T04:05:06.789Z',
    sourceFolder,
    ...more,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return String(body['pid']);
}

export async function registerFiles(
  client: ScicatClient,
  pid: string,
  files: readonly { path: string; size: number; time: string; chk?: string; perm?: string }[],
): Promise<void> {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const { status, body } = await client.call('POST', '/api/v3/OrigDatablocks', {
    datasetId: pid,
    size,
    ...(files[0]?.chk === undefined ? {} : { chkAlg: 'sha256' }),
    dataFileList: files,
  });
  assert.equal(status, 201, JSON.stringify(body));
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function describe(file: string): Promise<{ size: number; time: string }> {
  const { size, mtime } = await stat(file);
  return { size, time: mtime.toISOString() };
}

import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { backupFormat, type Manifest } from './manifest-shape.js';
import { readManifest, writeManifest } from './manifest.js';

const sha256 = '0'.repeat(64);
const attributes = { uid: 1, gid: 2, mode: 0o640, modifiedAt: '2020-02-03T04:05:06.789Z' };

/** As an earlier version wrote it: without owners. */
const former = {
  format: backupFormat,
  createdAt: '2026-11-28T00:00:00.000Z',
  databases: [
    { name: 'd', collections: [{ name: 'c', documents: 1, file: 'databases/d/000.bson', sha256 }] },
  ],
  control: { bucket: 'b', objects: [{ path: '../any/key', file: 'control/000000', size: 0, sha256 }] },
  shares: [{ root: '/lts', files: [{ path: 'a/b.tar', file: 'shares/0/a/b.tar', size: 1, sha256 }] }],
};

describe('The list of a backup', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-manifest-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function reading(content: unknown): Promise<Manifest> {
    await writeFile(join(folder, 'backup.json'), JSON.stringify(content));
    return readManifest(folder);
  }

  it('is read as it was written, and nobody else can read it', async () => {
    const manifest: Manifest = {
      ...former,
      format: backupFormat,
      shares: [
        {
          root: '/lts',
          files: [{ ...former.shares[0]!.files[0]!, attributes }],
          folders: [{ path: 'a', uid: 1, gid: 2, mode: 0o750 }],
        },
      ],
    };
    await writeManifest(folder, manifest);
    assert.equal((await stat(join(folder, 'backup.json'))).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(JSON.stringify(await readManifest(folder))), manifest);
  });

  it('of an earlier version is read, too', async () => {
    assert.deepEqual(JSON.parse(JSON.stringify(await reading(former))), former);
    const { control: _, ...without } = former;
    assert.equal((await reading(without)).control, undefined);
  });

  const [database] = former.databases;
  const [share] = former.shares;
  const changed = (change: object): object => ({ ...share, files: [{ ...share!.files[0], ...change }] });
  type Refused = readonly [what: string, content: unknown, message: RegExp];
  const refused: readonly Refused[] = [
    [
      'another format',
      { ...former, format: 'catena-backup-9' },
      /should be the format catena-backup-1, is "c/,
    ],
    ['no object', null, /the backup, which should be an object, is null/],
    ['databases that are no list', { ...former, databases: {} }, /databases of the backup/],
    ['a database without a name', { ...former, databases: [{ ...database, name: '' }] }, /should be a name/],
    ...['../../etc/cron.d/x', '/etc/x', 'a/../../x', 'a//b', '.', ''].flatMap((path): Refused[] => [
      [
        `the path "${path}" on a share`,
        { ...former, shares: [changed({ path })] },
        /path of number 1 of files .*stays below/,
      ],
      [
        `the file "${path}" in the backup`,
        { ...former, shares: [changed({ file: path })] },
        /file of .*stays below/,
      ],
    ]),
    ['a digest that is none', { ...former, shares: [changed({ sha256: 'x' })] }, /should be a SHA-256/],
    ['a size below nothing', { ...former, shares: [changed({ size: -1 })] }, /size of .* is -1/],
    [
      'rights that would hand over more than reading and writing',
      { ...former, shares: [changed({ attributes: { ...attributes, mode: 0o4755 } })] },
      /should be rights within 777 .octal., is 2541/,
    ],
    [
      'a folder outside of its share',
      { ...former, shares: [{ ...share, folders: [{ ...attributes, path: '../x' }] }] },
      /path of number 1 of folders/,
    ],
    [
      'documents in a file outside of the backup',
      {
        ...former,
        databases: [{ name: 'd', collections: [{ name: 'c', documents: 1, file: '/x', sha256 }] }],
      },
      /file of .*stays below/,
    ],
  ];
  for (const [what, content, message] of refused)
    it(`is refused with ${what}`, () => assert.rejects(reading(content), { code: 'cli.usage', message }));
});

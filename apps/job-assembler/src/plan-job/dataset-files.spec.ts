import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CatalogClient, CatalogFile } from '../catalog/catalog-client.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { DatasetFiles } from './dataset-files.js';

const time = '2026-01-01T00:00:00.000Z';

async function planned(...blocks: Partial<CatalogFile>[][]): Promise<string[][]> {
  const catalog = {
    fileBlocks: async function* () {
      yield* await Promise.resolve(
        blocks.map((files) => ({ dataFileList: files.map((file) => ({ size: 1, time, ...file })) })),
      );
    },
  } as unknown as CatalogClient;
  const config = { split: { targetBytes: 1000, maxFiles: 2 } } as unknown as JobAssemblerConfig;
  const found: string[][] = [];
  for await (const lines of new DatasetFiles(catalog, config).split('p', '/data/x', () => Promise.resolve()))
    found.push(lines.map(({ path }) => path));
  return found;
}

describe('The files that a plan takes of a list', () => {
  it('are none of the directories in it, whatever their paths are', async () => {
    const directory = { perm: 'drwxr-xr-x', size: 4096 };
    assert.deepEqual(
      await planned(
        [
          { path: 'run', ...directory },
          { path: 'run/1', perm: '-rw-r--r--' },
          { path: 'run/', ...directory },
        ],
        [
          { path: 'run', ...directory },
          { path: '/data/x', ...directory },
          { path: 'run/2', perm: '0644' },
        ],
      ),
      [['run/1', 'run/2']],
    );
    assert.deepEqual(await planned([{ path: 'empty', ...directory }]), []);
  });

  it('are refused where one is listed twice', async () => {
    await assert.rejects(planned([{ path: 'a' }], [{ path: '/data/x/a' }]), {
      code: 'assembly.duplicate-path',
    });
  });
});

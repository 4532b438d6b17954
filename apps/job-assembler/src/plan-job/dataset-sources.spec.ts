import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SourceFolderRules, type FolderRule } from '#source-folders';
import type { CatalogClient, CatalogDataset } from '../catalog/catalog-client.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import type { DatasetFiles } from './dataset-files.js';
import { DatasetSources } from './dataset-sources.js';

describe('Where a dataset is read from', () => {
  const byProposal: FolderRule = { root: '/data', pattern: ['{proposalId}'], ownerOnDisk: false };
  const byGroup: FolderRule = { root: '/data', pattern: ['{ownerGroup}'], ownerOnDisk: false };

  function sourcesOf(
    dataset: Partial<CatalogDataset>,
    rules: readonly FolderRule[],
    options: { readonly existing?: readonly string[]; readonly former?: boolean } = {},
  ): DatasetSources {
    const catalog = {
      dataset: (pid: string) => Promise.resolve({ pid, ...dataset }),
      proposalGroup: (id: string) => Promise.resolve(id === 'mine' ? 'p1' : 'p2'),
      existing: (pids: readonly string[]) =>
        Promise.resolve(pids.filter((pid) => options.existing?.includes(pid))),
    };
    return new DatasetSources(
      catalog as unknown as CatalogClient,
      { split: () => undefined } as unknown as DatasetFiles,
      {
        sourceFolders: new SourceFolderRules(rules),
        landingZoneBucket: 'zone',
        readsFormerNames: options.former ?? false,
      } as unknown as JobAssemblerConfig,
    );
  }
  const pid = '20.500/a_b';
  const moved = (): Promise<void> => Promise.resolve();

  it('is its folder, with whose it is, when the rules give it to the owner group', async () => {
    const dataset = { sourceFolder: '/data/p1/run', ownerGroup: 'p1', instrumentIds: [null, 'x06'] };
    const { source } = await sourcesOf(dataset, [byGroup]).of(pid, moved);
    assert.deepEqual(source, {
      kind: 'source-folder',
      location: '/data/p1/run',
      ownership: { ownerGroup: 'p1', proposalIds: [], instrumentIds: ['x06'] },
    });
  });

  it('is refused below a mounted root when no rule gives it to the owner group', async () => {
    for (const ownerGroup of ['p2', '', undefined])
      await assert.rejects(
        sourcesOf({ sourceFolder: '/data/p1/run', ...(ownerGroup === undefined ? {} : { ownerGroup }) }, [
          byGroup,
        ]).of(pid, moved),
        { code: 'assembly.source-refused', retriable: false },
      );
  });

  it('counts a proposal only if it belongs to the owner group', async () => {
    const dataset = { sourceFolder: '/data/mine', ownerGroup: 'p1', proposalIds: ['mine', 'foreign'] };
    const { source } = await sourcesOf(dataset, [byProposal]).of(pid, moved);
    assert.deepEqual(source.ownership?.proposalIds, ['mine']);
    await assert.rejects(
      sourcesOf({ ...dataset, sourceFolder: '/data/foreign' }, [byProposal]).of(pid, moved),
      {
        code: 'assembly.source-refused',
      },
    );
  });

  it('is the landing zone elsewhere, under the one name of its pid', async () => {
    const { source } = await sourcesOf({ sourceFolder: '/home/x' }, [byGroup]).of(pid, moved);
    assert.deepEqual(source, { kind: 'landing-zone', location: '20.500,a=5fb', bucket: 'zone' });
  });

  it('is the former name as well, only where operators say so and no other dataset shares it', async () => {
    const dataset = { sourceFolder: '/home/x' };
    const former = await sourcesOf(dataset, [], { former: true }).of(pid, moved);
    assert.equal(former.source.formerLocation, '20.500_a_b');
    const shared = await sourcesOf(dataset, [], { former: true, existing: ['20.500_a/b'] }).of(pid, moved);
    assert.equal(shared.source.formerLocation, undefined);
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { storagesFrom, type Storages } from './storages.js';

const routes = `
targets:
  - { name: disk, kind: share, options: { place: /mnt/lts, marker: .here } }
  - { name: library, kind: tape, options: { place: /data/tapes, drives: 2 } }
  - { name: cold, kind: s3, options: { bucket: b } }
  - { name: partner, kind: outside }
routes:
  - { name: all, targets: [disk] }
`;

describe('What a backup holds of long-term storage', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-storages-'));
  });
  after(() => rm(folder, { recursive: true }));

  const warnings: string[] = [];
  const found = (environment: Record<string, string>): Storages => {
    warnings.length = 0;
    return storagesFrom(environment, (line) => warnings.push(line));
  };
  const file = async (text: string): Promise<string> => {
    const path = join(folder, 'routes.yaml');
    await writeFile(path, text);
    return path;
  };

  it('are the folders of shares and tapes in ROUTES_FILE; all other targets are named', async () => {
    const { shares, notIncluded } = found({ ROUTES_FILE: await file(routes), LTS_ROOTS: '/old' });
    assert.deepEqual(shares, ['/mnt/lts', '/data/tapes']);
    assert.deepEqual(notIncluded, [
      { name: 'cold', kind: 's3' },
      { name: 'partner', kind: 'outside' },
    ]);
    assert.match(warnings.join(), /left out.*cold \(s3\), partner \(outside\)/);
  });

  it('is nothing of a file that is wrong, or of a target without a place', async () => {
    const wrong = await file(routes.replace('kind: share', 'kind: shelf'));
    assert.throws(() => found({ ROUTES_FILE: wrong }), { code: 'kernel.configuration' });
    const nowhere = await file(routes.replace('place: /mnt/lts, ', ''));
    assert.throws(() => found({ ROUTES_FILE: nowhere }), { code: 'cli.usage', message: /disk/ });
  });

  it('are the folders of LTS_ROOTS without that file', () => {
    const { shares, notIncluded } = found({ LTS_ROOTS: '/one, posix:/two,tape-simulation:/three' });
    assert.deepEqual([shares, notIncluded], [['/one', '/two'], []]);
    assert.match(warnings.join(), /tape-simulation/);
    assert.deepEqual(found({}).shares, []);
    assert.match(warnings.join(), /shares are left out/);
  });
});

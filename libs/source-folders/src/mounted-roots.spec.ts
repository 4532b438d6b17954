import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { unmountedRoot } from './mounted-roots.js';
import { SourceFolderRules } from './source-folder-rules.js';

const place = mkdtempSync(join(tmpdir(), 'catena-roots-'));
after(() => rmSync(place, { recursive: true, force: true }));

const root = (name: string, marker?: string) => ({
  ...{ root: join(place, name), pattern: ['{ownerGroup}'], ownerOnDisk: false },
  ...(marker === undefined ? {} : { marker }),
});

describe('The root of a source folder', () => {
  const rules = new SourceFolderRules([root('data'), root('data/inner'), root('marked', '.mounted')]);
  const complaintFor = (folder: string) => unmountedRoot(rules, join(place, folder));

  it('that is missing or empty is not mounted', async () => {
    assert.match((await complaintFor('data/p1')) ?? '', /ENOENT/);
    mkdirSync(join(place, 'data'));
    assert.match((await complaintFor('data/p1')) ?? '', /is empty/);
  });

  it('in which anything lies is there, whether or not the folder is', async () => {
    writeFileSync(join(place, 'data/anything'), '');
    assert.equal(await complaintFor('data/p1'), undefined);
  });

  it('inside another one counts as well', async () => {
    assert.match((await complaintFor('data/inner/p1')) ?? '', /inner/);
    mkdirSync(join(place, 'data/inner/p1'), { recursive: true });
    assert.equal(await complaintFor('data/inner/p1'), undefined);
  });

  it('with a marker is mounted only while the marker is there', async () => {
    mkdirSync(join(place, 'marked/p1'), { recursive: true });
    assert.match((await complaintFor('marked/p1')) ?? '', /no \.mounted/);
    writeFileSync(join(place, 'marked/.mounted'), '');
    assert.equal(await complaintFor('marked/p1'), undefined);
  });
});

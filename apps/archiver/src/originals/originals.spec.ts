import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { writeDatablock } from '#datablock';
import { ClaimChecks } from '#claim-check';
import { isAway, ManualClock } from '#kernel';
import { SourceFolderRules } from '#source-folders';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import { Originals } from './originals.js';
import { ReadVersions } from './read-versions.js';

const time = '2020-01-01T00:00:00.000Z';

describe('A source folder', () => {
  let place: string;
  let root: string;
  let originals: Originals;

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'catena-originals-'));
    root = join(place, 'data');
    mkdirSync(join(root, 'p1'), { recursive: true });
    for (const name of ['a', 'b']) {
      writeFileSync(join(root, 'p1', name), name);
      utimesSync(join(root, 'p1', name), new Date(time), new Date(time));
    }
    const store = new MemoryObjectStore();
    const claims = new ClaimChecks(store, new ManualClock(), { bucket: 'control', patience: 0 });
    originals = new Originals(store, claims, {
      ...{ landingZoneBucket: 'zone', sourceTimeTolerance: 0 },
      sourceFolders: new SourceFolderRules([{ root, pattern: ['{ownerGroup}'], ownerOnDisk: false }]),
    } as unknown as ArchiverConfig);
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  const membersOf = (folder: string, names: readonly string[] = ['a', 'b']) =>
    originals.members(
      'pid',
      {
        ...{ kind: 'source-folder', location: join(root, folder) },
        ownership: { ownerGroup: folder, proposalIds: [], instrumentIds: [] },
      },
      names.map((path) => ({ path, size: 1, time })),
      new ReadVersions(),
    );
  const packed = async (members: Awaited<ReturnType<typeof membersOf>>): Promise<void> => {
    const sink = { write: () => Promise.resolve(), writeAt: () => Promise.resolve() };
    await writeDatablock({ identity: { pid: 'pid' }, members, sink });
  };
  const waits = (error: unknown): boolean => {
    assert.match(String(error), /to be mounted on the archiver/);
    return isAway(error);
  };

  it('whose root is not mounted, or an empty mount point, is waited for', async () => {
    renameSync(root, `${root}.away`);
    await assert.rejects(membersOf('p1'), waits);
    mkdirSync(root);
    await assert.rejects(membersOf('p1'), waits);
    rmSync(root, { recursive: true });
    renameSync(`${root}.away`, root);
    await packed(await membersOf('p1'));
  });

  it('whose root goes away while it is packed is waited for', async () => {
    const members = await membersOf('p1');
    renameSync(root, `${root}.away`);
    mkdirSync(root);
    await assert.rejects(packed(members), waits);
  });

  it('that is missing below a root that is there is the fault of who named it, and so is a missing file', async () => {
    await assert.rejects(membersOf('p2'), { code: 'archiver.originals-incomplete', retriable: false });
    await assert.rejects(packed(await membersOf('p1', ['c'])), { code: 'datablock.member-missing' });
  });
});

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertReadable } from './readable.js';
import { SteadyFile } from './steady-file.js';
import { walk } from './walk.js';

const never = new AbortController().signal;
const nobody = 65_534;

/** Whoever runs the tests may read everything, perhaps: then somebody else looks. */
async function asNobody(act: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(nobody);
  try {
    await act();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('What cannot be read', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'catena-unreadable-'));
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'files'));
    for (const name of ['open', 'closed', 'closed too']) writeFileSync(join(root, 'files', name), 'x');
    for (const name of ['closed', 'closed too']) chmodSync(join(root, 'files', name), 0);
    mkdirSync(join(root, 'folders/closed folder'), { recursive: true });
    chmodSync(join(root, 'folders/closed folder'), 0);
  });
  after(() => {
    // Who is not root has to be let in, to take it away.
    chmodSync(join(root, 'folders/closed folder'), 0o755);
    rmSync(root, { recursive: true, force: true });
  });

  it('is named, all of it, before anything is registered', () =>
    asNobody(async () => {
      const tree = await walk(join(root, 'files'), never);
      await assert.rejects(assertReadable(join(root, 'files'), tree, never), {
        code: 'cli.failed',
        message: /2 files that cannot be read: closed.*: no permission \(EACCES\).*closed too/,
      });
    }));
  it('is named when it is a folder', () =>
    asNobody(async () => {
      await assert.rejects(walk(join(root, 'folders'), never), {
        code: 'cli.failed',
        message: /Expected to read .*closed folder.*found no permission \(EACCES\)\. Correct the permissions/,
      });
    }));
  it('is named when it became so meanwhile', () =>
    asNobody(async () => {
      const { files } = await walk(join(root, 'files'), never);
      await assert.rejects(SteadyFile.open(join(root, 'files'), files[0]!), {
        code: 'cli.failed',
        message: /Expected to read closed, found no permission \(EACCES\)/,
      });
    }));
});

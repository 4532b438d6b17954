import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CommandLine, type Ended } from '../support/command-line.js';
import { createDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { verdict } from '../support/verdict.js';

const execute = promisify(execFile);

const oddNames = [
  'ünï côdé 名前 😀.dat',
  'new\nline.txt',
  'tab\tand "quotes" \'both\'.txt',
  '-rf *',
  'percent %2e%2e + & < >.txt',
  'back\\slash',
  ' leading and trailing ',
  'a folder/with.partial',
  'a folder/with',
];
const plainFiles = 300;

/** A tree of a few hundred files: odd names, an empty one, one that needs several parts. */
async function makeTree(folder: string): Promise<string[]> {
  const contents = new Map<string, Buffer>(oddNames.map((name) => [name, Buffer.from(name)]));
  contents.set('empty.dat', Buffer.alloc(0));
  contents.set('large.h5', randomBytes(150 * 2 ** 20));
  for (let index = 0; index < plainFiles; index += 1)
    contents.set(`run/${index % 7}/frame-${index}.raw`, randomBytes(3000));
  let second = 0;
  for (const [path, content] of contents) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    const time = new Date(Date.UTC(2021, 0, 1) + 1000 * second++ + 123);
    await utimes(file, time, time);
  }
  await chmod(join(folder, 'empty.dat'), 0o400);
  return [...contents.keys()];
}

describe('The command line', () => {
  let installation: Installation;
  let shell: CommandLine;
  let folder: string;
  let paths: string[];
  const seen = verdict();

  before(async () => {
    installation = await Installation.create({ sharedAccounts: true });
    await installation.start();
    shell = await CommandLine.create(installation.url);
    folder = join(installation.directory, 'measured data');
    paths = await makeTree(folder);
  });
  after(async () => {
    await shell.remove();
    await installation.stop(seen.failed);
  });

  async function signIn(name: 'demo' | 'stranger' = 'demo'): Promise<void> {
    const password = name === 'demo' ? installation.settings.secrets.accounts.demo : 'stranger';
    const ended = await shell.run(['login', '--username', name, '--password-stdin'], {}, `${password}\n`);
    assertCode(ended, 0);
  }

  it('refuses a wrong password, and work without a session, with exit code 3', async () => {
    const wrong = await shell.run(['login', '--username', 'demo'], { CATENA_PASSWORD: 'wrong' });
    assertCode(wrong, 3);
    assert.match(wrong.stderr, /does not know the user demo/);
    assertCode(await shell.run(['jobs']), 3);
    const stale = await shell.run(['jobs', '--json'], { CATENA_TOKEN: 'rubbish' });
    assertCode(stale, 3);
    assert.equal((JSON.parse(stale.stdout) as { error: { code: string } }).error.code, 'cli.notAllowed');
  });

  it('keeps the session where only the user can read it', async () => {
    await signIn();
    const { mode } = await stat(join(shell.home, '.config', 'catena', 'session.json'));
    assert.equal(mode & 0o777, 0o600);
  });

  it('brings a folder to tape and back, interrupted twice on the way', async () => {
    const ingest = ['ingest', folder, '--owner-group', 'demo-group', '--json'];
    const sent = (journal: readonly { kind: string }[]): number =>
      journal.filter(({ kind }) => kind === 'sent').length;
    assertCode(await shell.interruptWhen(ingest, (journal) => sent(journal) >= 40), 130);
    const first = sent(await shell.journal());
    assert.ok(first >= 40 && first < paths.length, `${first} files were sent`);
    assertCode(
      await shell.interruptWhen(ingest, (journal) => journal.some(({ kind }) => kind === 'upload')),
      130,
    );
    const [begun] = (await shell.journal()) as { kind: string; pid?: string }[];

    const third = await shell.run(ingest);
    assertCode(third, 0);
    const {
      pid,
      alreadyThere,
      sent: now,
    } = JSON.parse(third.stdout) as { pid: string; alreadyThere: number; sent: number };
    assert.equal(pid, begun?.pid);
    assert.equal(alreadyThere, paths.length - 1, 'only the large file was still to be sent');
    assert.equal(now, 1);
    const again = await shell.run(['ingest', folder, '--owner-group', 'demo-group']);
    assertCode(again, 0);
    assert.equal(again.stdout, `${pid}\n`);

    assertCode(await shell.run(['archive', pid, '--wait']), 0);
    await assertReadableWithTar(pid);
    await assertCertified(pid);
    assertCode(await shell.run(['archive', pid]), 5);

    const target = join(installation.directory, 'restored');
    assertCode(await shell.run(['retrieve', pid, '--to', target]), 0);
    await execute('diff', ['-r', folder, target]);
    for (const path of paths) {
      const [original, restored] = await Promise.all([lstat(join(folder, path)), lstat(join(target, path))]);
      assert.equal(restored.mtime.getTime(), original.mtime.getTime(), `time of ${path}`);
      assert.equal(restored.mode, original.mode, `permissions of ${path}`);
    }
    await assertRepairs(pid, target);

    assertCode(await shell.run(['verify', pid, '--wait', '--quiet']), 0);
    const jobs = await shell.run(['jobs', '--json', '--mine']);
    const types = (JSON.parse(jobs.stdout) as { type: string; statusCode: string }[]).map(
      ({ type, statusCode }) => `${type} ${statusCode}`,
    );
    assert.equal(types[0], 'verify finishedSuccessful');
    assert.equal(types.at(-1), 'archive finishedSuccessful');
  });

  /** The certificate comes beside the job, and is checked without the server: as JSON, as a page, and changed. */
  async function assertCertified(pid: string): Promise<void> {
    const [json, page, keys] = ['json', 'html', 'keys'].map((name) =>
      join(installation.directory, `c.${name}`),
    ) as [string, string, string];
    for (let issued = await shell.run(['certificate', pid, '-o', json]); issued.code !== 0;) {
      assert.match(issued.stderr, /No certificate of .* was issued yet/);
      await sleep(200);
      issued = await shell.run(['certificate', pid, '-o', json]);
    }
    assertCode(await shell.run(['certificate', pid, '--html', '-o', page]), 0);
    assertCode(await shell.run(['certificate', '--save-keys', keys]), 0);
    const offline = (file: string): Promise<Ended> =>
      shell.run(['certificate', '--check', file, '--keys', keys], { CATENA_URL: 'http://127.0.0.1:1' });
    const [datablock] = await (await installation.client('demo')).datablocks(pid);
    const tar = await readFile(join(installation.shares[0] as string, datablock!.archiveId));
    for (const file of [json, page]) {
      const checked = await offline(file);
      assertCode(checked, 0);
      assert.match(checked.stdout, /^VALID/);
      assert.ok(checked.stdout.includes(createHash('sha256').update(tar).digest('hex')), checked.stdout);
    }
    const signed = JSON.parse(await readFile(json, 'utf8')) as { payload: string };
    await writeFile(
      json,
      JSON.stringify({ ...signed, payload: signed.payload.replace(/^.{200}/, (start) => `${start}A`) }),
    );
    const forged = await offline(json);
    assertCode(forged, 1);
    assert.match(forged.stdout, /^NOT VALID/);
  }

  async function assertReadableWithTar(pid: string): Promise<void> {
    const datablocks = await (await installation.client('demo')).datablocks(pid);
    let listed = 0;
    for (const { archiveId } of datablocks) {
      const tar = join(installation.shares[0] as string, archiveId);
      const { stdout } = await execute('tar', ['tvf', tar], { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
      listed += stdout.split('\n').filter((line) => line.includes(' data/')).length;
    }
    assert.equal(listed, paths.length);
  }

  /** Missing files come back, changed ones only when asked for, links are never followed. */
  async function assertRepairs(pid: string, target: string): Promise<void> {
    const retrieve = ['retrieve', pid, '--to', target, '--json'];
    await rm(join(target, 'large.h5'));
    const restored = await shell.run(retrieve);
    assertCode(restored, 0);
    assert.equal((JSON.parse(restored.stdout) as { written: number }).written, 1);
    await writeFile(join(target, 'back\\slash'), 'something else');
    const refused = await shell.run(retrieve);
    assertCode(refused, 5);
    assert.match(refused.stderr, /back\\slash/);
    assertCode(await shell.run([...retrieve, '--overwrite']), 0);
    const outside = join(installation.directory, 'outside');
    await mkdir(outside);
    await rm(join(target, 'run'), { recursive: true });
    await symlink(outside, join(target, 'run'));
    assertCode(await shell.run([...retrieve, '--overwrite']), 5);
    assert.deepEqual(await readdir(outside), []);
  }

  it('refuses links unless told to leave them out, and says which', async () => {
    const odd = join(installation.directory, 'odd');
    await mkdir(join(odd, 'void'), { recursive: true });
    await writeFile(join(odd, 'file'), 'x');
    await symlink('/etc/passwd', join(odd, 'a link'));
    const ingest = ['ingest', odd, '--owner-group', 'demo-group', '--json'];
    const refused = await shell.run(ingest);
    assertCode(refused, 2);
    assert.match(refused.stderr, /a link \(a symbolic link\)/);
    const taken = await shell.run([...ingest, '--skip-unsupported']);
    assertCode(taken, 0);
    const document = JSON.parse(taken.stdout) as { files: number; leftOut: unknown; emptyFolders: unknown };
    assert.equal(document.files, 1);
    assert.deepEqual(document.leftOut, [{ path: 'a link', reason: 'a symbolic link' }]);
    assert.deepEqual(document.emptyFolders, ['void']);
  });

  it('ends a job that fails with exit code 1 and the reason', async () => {
    const client = await installation.client('demo');
    const pid = await createDataset(client, '/nowhere');
    const ended = await shell.run(['archive', pid, '--wait']);
    assertCode(ended, 1);
    assert.match(ended.stdout, new RegExp(pid));
  });

  it('ends with 2 for what makes no sense, 3 for what is forbidden, 4 for a server that is away', async () => {
    assertCode(await shell.run(['archive']), 2);
    assertCode(await shell.run(['jobs', '--limit', 'x']), 2);
    const owned = await createDataset(await installation.client('demo'), '/owned');
    // Whether a dataset exists is nobody's to find out who may not archive it.
    const nowhere = await shell.run(['archive', 'no/such/dataset']);
    assertCode(nowhere, 3);
    assert.match(nowhere.stderr, /Each dataset of the list must exist/);
    await signIn('stranger');
    const forbidden = await shell.run(['archive', owned]);
    assertCode(forbidden, 3);
    await installation.apps['catalog-api'].stop();
    const away = await shell.run(['jobs', '--json']);
    assertCode(away, 4);
    assert.match(away.stderr, /got no answer \(ECONNREFUSED\)/);
  });
});

function assertCode(ended: Ended, code: number): void {
  assert.equal(ended.code, code, `${ended.stderr}\n${ended.stdout}`);
}

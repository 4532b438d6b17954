import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CommandLine, type Ended } from '../support/command-line.js';
import { createDataset, registerFiles } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { verdict } from '../support/verdict.js';

/** What a script can go by when things are not as it thinks they are. */
describe('The command line, when it cannot do what it was asked for,', () => {
  let installation: Installation;
  let shell: CommandLine;
  let folder: string;
  const seen = verdict();

  before(async () => {
    installation = await Installation.create({ sharedAccounts: true });
    await installation.start();
    shell = await CommandLine.create(installation.url);
    const password = installation.settings.secrets.accounts.demo;
    assertCode(await shell.run(['login', '--username', 'demo', '--password-stdin'], {}, `${password}\n`), 0);
  });
  after(async () => {
    await shell.remove();
    await installation.stop(seen.failed);
  });

  const ingest = (...more: string[]): Promise<Ended> =>
    shell.run(['ingest', folder, '--owner-group', 'demo-group', '--quiet', ...more]);
  const filled = async (...names: string[]): Promise<void> => {
    folder = await mkdtemp(join(installation.directory, 'data-'));
    for (const name of names) await writeFile(join(folder, name), randomBytes(100));
  };
  const datasets = async (): Promise<number> => {
    const { body } = await (await installation.client('demo')).call('GET', '/api/v3/datasets/count');
    return Number((body as { count: number }).count);
  };
  const jobs = async (): Promise<number> => {
    const { stdout } = await shell.run(['jobs', '--json', '--limit', '1000']);
    return (JSON.parse(stdout) as unknown[]).length;
  };

  it('ends with 5 when the content of a folder was replaced since, says so in spite of --quiet, and sends nothing', async () => {
    await filled('a', 'b');
    const first = await ingest();
    assertCode(first, 0);
    const pid = first.stdout.trim();
    assert.equal(first.stderr, '');
    await rm(join(folder, 'b'));
    await writeFile(join(folder, 'c'), 'new');
    const before = await datasets();
    const refused = await ingest();
    assertCode(refused, 5);
    assert.equal(refused.stdout, '', 'no script may take the old pid for the new one');
    assert.match(refused.stderr, new RegExp(`ingested as ${pid}, found 1 file added \\(c\\), 1 file gone`));
    assert.match(refused.stderr, /nothing was sent.*--new-if-changed/);
    const document = await ingest('--json');
    assertCode(document, 5);
    assert.equal((JSON.parse(document.stdout) as { error: { code: string } }).error.code, 'cli.conflict');
    assert.equal(await datasets(), before);
  });

  it('makes another dataset with --new-if-changed exactly when the content has changed', async () => {
    await filled('a');
    const pid = (await ingest('--new-if-changed')).stdout;
    assert.match(pid, /^\S+\n$/);
    assert.equal((await ingest('--new-if-changed')).stdout, pid);
    await writeFile(join(folder, 'a'), randomBytes(100));
    const changed = await ingest('--new-if-changed');
    assertCode(changed, 0);
    assert.notEqual(changed.stdout, pid);
    assert.equal((await ingest('--new-if-changed')).stdout, changed.stdout);
    assertCode(await ingest('--new-if-changed', '--new'), 2);
  });

  it('ends with 5 when the dataset was made for another group, or was deleted', async () => {
    await filled('a');
    const pid = (await ingest()).stdout.trim();
    const other = await shell.run(['ingest', folder, '--owner-group', 'others', '--quiet']);
    assertCode(other, 5);
    assert.match(other.stderr, new RegExp(`${pid} with ownerGroup demo-group instead of others`));
    const manager = await installation.client('archiveManager');
    assert.equal((await manager.call('DELETE', `/api/v3/datasets/${encodeURIComponent(pid)}`)).status, 200);
    const deleted = await ingest();
    assertCode(deleted, 5);
    assert.match(deleted.stderr, /found it deleted/);
  });

  it('ends with 2 for a metadata file that is not there or has fields that no dataset has, and names them', async () => {
    await filled('a');
    const missing = await ingest('--metadata', join(folder, 'missing.json'));
    assertCode(missing, 2);
    assert.match(missing.stderr, /missing\.json \(--metadata\), found nothing there/);
    const file = join(installation.directory, 'metadata.json');
    await writeFile(file, JSON.stringify({ colour: 'blue' }));
    const unknown = await ingest('--metadata', file);
    assertCode(unknown, 2);
    assert.match(unknown.stderr, /the field "colour" is not known\. Correct .*metadata\.json/);
    const publish = await shell.run(['publish', 'x', '--metadata', join(folder, 'missing.json')]);
    assertCode(publish, 2);
    assert.match(publish.stderr, /\(--metadata\), found nothing there/);
    for (const { stderr } of [missing, unknown, publish]) assertSentence(stderr);
    const option = await ingest('--colour', 'blue', '--json');
    assertCode(option, 2);
    assert.equal((JSON.parse(option.stdout) as { error: { code: string } }).error.code, 'cli.usage');
  });

  it('ends with a sentence when a file cannot be read, or its memory or output not written', async () => {
    await filled('a');
    const state = await shell.run(['ingest', folder, '--owner-group', 'demo-group'], {
      XDG_STATE_HOME: '/proc',
    });
    assertCode(state, 1);
    assert.match(state.stderr, /Expected to note in \/proc\/.*XDG_STATE_HOME/);
    const full = openSync('/dev/full', 'w');
    const jobs = await shell.run(['jobs'], {}, '', full);
    closeSync(full);
    assertCode(jobs, 1);
    assert.match(jobs.stderr, /standard output, found a full disk \(ENOSPC\)/);
    for (const { stderr } of [state, jobs]) assertSentence(stderr);
  });

  it('ends before anything is recalled where the target cannot take the files', async () => {
    const client = await installation.client('demo');
    const pid = await createDataset(client, '/huge');
    const size = 2 ** 52;
    await registerFiles(client, pid, [{ path: 'huge', size, time: new Date().toISOString() }]);
    const before = await jobs();
    for (const place of ['/proc/x', '/proc', join(folder, 'a')]) {
      const refused = await shell.run(['retrieve', pid, '--to', place]);
      assertCode(refused, 2);
      assertSentence(refused.stderr);
    }
    const target = join(installation.directory, 'small disk');
    const small = await shell.run(['retrieve', pid, '--to', target]);
    assertCode(small, 1);
    assert.match(small.stderr, /Expected room for 4\.00 PiB in .*small disk, found .* free/);
    assert.ok(!(await readdir(installation.directory)).includes('small disk'));
    assert.equal(await jobs(), before, 'nothing was recalled');
  });

  // What a cancelled job is told stands in job-text.spec: whether it ends as cancelled or as failed is a matter of time here.
  it('says what to do instead when a job that is under way is to be retried', async () => {
    const client = await installation.client('demo');
    await installation.apps['job-assembler'].stop();
    const pid = await createDataset(client, '/cancelled');
    const { stdout } = await shell.run(['archive', pid]);
    const id = stdout.trim();
    const early = await shell.run(['job', id, '--retry']);
    assertCode(early, 5);
    assert.match(early.stderr, new RegExp(`under way.*catena job ${id} --follow`));
    assertCode(await shell.run(['job', id, '--cancel']), 0);
    installation.apps['job-assembler'].start();
    await installation.apps['job-assembler'].whenReady();
    await client.jobEnd(id);
  });

  it('ends with 4 where something else than a Catena server answers', async () => {
    const other = createServer((_, response) => response.end('<html>Welcome</html>')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      const ended = await shell.run(['login', '--username', 'demo', '--url', url], { CATENA_PASSWORD: 'x' });
      assertCode(ended, 4);
      assert.match(ended.stderr, /found something else at http/);
      assertSentence(ended.stderr);
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });
});

function assertCode(ended: Ended, code: number): void {
  assert.equal(ended.code, code, `${ended.stderr}\n${ended.stdout}`);
}

/** What people can read: no stack trace, no bare name of an error. */
function assertSentence(text: string): void {
  assert.match(text, /catena: [A-Z].*\./s);
  assert.doesNotMatch(text, /^\s+at /m);
}

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { packCommandLine } from '../../tools/package-cli/src/index.js';
import { CommandLine, type Ended } from '../support/command-line.js';
import { PublishingInstallation } from '../support/publications.js';
import { repository } from '../support/repository.js';
import { verdict } from '../support/verdict.js';

const execute = promisify(execFile);

/** What `npm install --global` leaves, in an empty folder and without a registry. */
async function installed(tarball: string, prefix: string): Promise<string> {
  const { PATH = '' } = process.env;
  await execute(
    'npm',
    [
      'install',
      '--global',
      '--offline',
      '--no-audit',
      '--prefix',
      prefix,
      '--cache',
      join(prefix, 'cache'),
      tarball,
    ],
    { cwd: prefix, env: { PATH, HOME: prefix } },
  );
  return join(prefix, 'bin', 'catena');
}

describe('The packed command line', () => {
  let folder: string;
  let tarball: string;
  let program: string;
  let site: PublishingInstallation;
  let shell: CommandLine;
  const seen = verdict();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-package-'));
    tarball = await packCommandLine(repository, join(folder, 'packed'));
    await mkdir(join(folder, 'prefix'));
    program = await installed(tarball, join(folder, 'prefix'));
    site = await PublishingInstallation.start({});
    shell = await CommandLine.create(site.installation.url, program);
  });
  after(async () => {
    await shell?.remove();
    await site?.stop(seen.failed);
    await rm(folder, { recursive: true, force: true });
  });

  it('is small, brings its few dependencies along, and holds nothing that administrators use', async () => {
    const root = join(folder, 'prefix', 'lib', 'node_modules', 'catena-cli');
    const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    assert.ok(Object.keys(dependencies).length <= 4, Object.keys(dependencies).join());
    assert.ok((await stat(tarball)).size < 3e6);
    const files = await readdir(root, { recursive: true });
    assert.deepEqual(
      files.filter((path) => /mongo|check-database|admin-cli|[.]spec[.]/.test(path)),
      [],
    );
    const { stdout } = await execute('du', ['-sk', root]);
    assert.ok(Number.parseInt(stdout, 10) < 10_000, stdout);
  });

  it('tells its version, which is that of the project', async () => {
    const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
      version: string;
    };
    const ended = await shell.run(['--version']);
    assertCode(ended, 0);
    assert.equal(ended.stdout.trim(), version);
  });

  it('goes the whole tour: signs in, ingests, archives, retrieves and publishes', async () => {
    const data = join(folder, 'measured');
    await mkdir(join(data, 'run 1'), { recursive: true });
    for (const name of ['notes.txt', 'run 1/frame.raw', 'run 1/ünï.raw'])
      await writeFile(join(data, name), `content of ${name}\n`.repeat(500));
    const password = site.installation.settings.secrets.accounts.demo;
    await mkdir(join(shell.home, '.config', 'catena'), { recursive: true });
    await writeFile(join(shell.home, '.config', 'catena', 'config.json'), '{ "ownerGroup": "demo-group" }');
    assertCode(await shell.run(['login', '--username', 'demo', '--password-stdin'], {}, `${password}\n`), 0);

    const ingested = await shell.run(['ingest', data, '--concurrency', '2', '--bandwidth', '50MiB']);
    assertCode(ingested, 0);
    const pid = ingested.stdout.trim();
    await assertFound(pid);
    assertCode(await shell.run(['archive', pid, '--wait']), 0);

    const restored = join(folder, 'restored');
    assertCode(
      await shell.run(['retrieve', pid, '--to', restored, '--concurrency', '2', '--bandwidth', '50MiB']),
      0,
    );
    await execute('diff', ['-r', data, restored]);

    const published = await shell.run([
      ...['publish', pid, '--title', 'Measured', '--creator', 'Lovelace, Ada', '--abstract', 'Of the test'],
      ...['--licence', 'CC-BY-4.0', '--publisher', 'The facility', '--wait'],
    ]);
    assertCode(published, 0);
    const [doi = '', address = ''] = published.stdout.trim().split('\n');
    assert.equal(site.datacite.get(doi)?.state, 'findable');
    assert.match(await (await fetch(address)).text(), /Lovelace, Ada/);
  });

  async function assertFound(pid: string): Promise<void> {
    const found = await shell.run(['search', 'measured', '--owner-group', 'demo-group']);
    assertCode(found, 0);
    assert.ok(found.stdout.includes(pid), found.stdout);
    const shown = await shell.run(['show', pid]);
    assertCode(shown, 0);
    assert.match(shown.stdout, /files +3 files/);
    const listed = await shell.run(['files', pid, '--json']);
    assertCode(listed, 0);
    const paths = (JSON.parse(listed.stdout) as { path: string }[]).map(({ path }) => path);
    assert.deepEqual(paths, ['notes.txt', 'run 1/frame.raw', 'run 1/ünï.raw']);
    assertCode(await shell.run(['show', '20.500.12345/nothing']), 2);
  }
});

function assertCode(ended: Ended, code: number): void {
  assert.equal(ended.code, code, `${ended.stderr}\n${ended.stdout}`);
}

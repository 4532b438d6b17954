import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../tools/start/src/main.js', import.meta.url));

/** One run of `npm start`, on the services the tests have. */
class Run {
  output = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown[]>;

  constructor(environment: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [entry], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = once(this.child, 'exit');
  }

  async says(text: RegExp, limit = 300_000): Promise<RegExpExecArray> {
    for (const until = Date.now() + limit; Date.now() < until; await sleep(50)) {
      const found = text.exec(this.output);
      if (found !== null) return found;
      if (this.child.exitCode !== null) break;
    }
    return assert.fail(`expected ${text}, found:\n${this.output}`);
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    await this.ended;
    return this.child.exitCode;
  }

  /** The process of an app: our only child that runs its main file. */
  async pidOf(app: string): Promise<number> {
    const children = (await readFile(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8'))
      .trim()
      .split(' ');
    for (const pid of children)
      if ((await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes(`apps/${app}/src/main.js`))
        return Number(pid);
    return assert.fail(`no process of ${app} among ${children.join(' ')}`);
  }
}

describe('npm start', () => {
  let directory: string;
  let environment: Record<string, string>;
  let run: Run;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'catena-start-'));
    environment = { CATENA_DATA: directory, CATENA_PREFIX: `s${randomBytes(5).toString('hex')}` };
  });
  after(async () => {
    await run.stop('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });

  it('shows the main job once, with files that come back equal', async () => {
    run = new Run(environment);
    await run.says(/compared: equal/);
    const [, page = '', url = ''] = await run.says(/Catena is up: (\S+\/console)\n[^]* api +(\S+)\/explorer/);
    assert.match(await (await fetch(page)).text(), /\/console\/assets\//);
    assert.equal((await fetch(`${url}/api/v3/health`)).status, 200);
    const [, landing = ''] = await run.says(/public {2}(\S+\/doi\/10\.5072\S+)/);
    assert.match(await (await fetch(landing)).text(), /Sources of Catena/);
    assert.equal((await stat(join(directory, 'secrets.json'))).mode & 0o777, 0o600);
  });

  it('starts an app again that has crashed', async () => {
    process.kill(await run.pidOf('archiver'), 'SIGKILL');
    await run.says(/archiver ended by SIGKILL; starting it again in 1 s/);
    await run.says(/archiver is ready again/);
  });

  it('stops all it started on SIGINT, and goes on with the same data without the demonstration', async () => {
    assert.equal(await run.stop('SIGINT'), 130);
    for (const app of [
      'catalog-api',
      'job-assembler',
      'archiver',
      'publisher',
      'publication-server',
      'console',
    ])
      assert.match(run.output, new RegExp(`${app} is stopped`));
    run = new Run(environment);
    const [, url = ''] = await run.says(/Catena is up: \S+\/console[^]* api +(\S+)\/explorer/);
    assert.doesNotMatch(run.output, /npx catena archive/);
    const other = new Run({ ...environment, CATENA_PORT: new URL(url).port });
    await other.says(/Expected port \d+ \(CATENA_PORT\) to be free, found it in use/);
    assert.equal(await other.stop('SIGTERM'), 1);
    assert.equal(await run.stop('SIGTERM'), 143);
  });
});

/** Two clones of one person, or two people on one machine: neither knows of the other. */
describe('Two npm starts at once', () => {
  let folder: string;
  let runs: readonly Run[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-two-starts-'));
  });
  after(async () => {
    await Promise.all(runs.map((run) => run.stop('SIGKILL')));
    await rm(folder, { recursive: true, force: true });
  });

  it('both come up, on ports and with accounts of their own', async () => {
    const directories = ['one', 'two'].map((name) => join(folder, name));
    for (const directory of directories) {
      await mkdir(directory);
      // The demonstration is another test's.
      await writeFile(join(directory, 'demo-done'), '');
    }
    runs = directories.map(
      (directory) => new Run({ CATENA_DATA: directory, CATENA_PREFIX: `s${randomBytes(5).toString('hex')}` }),
    );
    const urls = await Promise.all(
      runs.map(async (run) => (await run.says(/ api +(\S+)\/explorer/))[1] ?? ''),
    );
    const passwords = await Promise.all(directories.map(passwordOf));
    assert.equal(new Set(urls).size, 2);
    for (const [at, url] of urls.entries())
      for (const [whose, password] of passwords.entries())
        assert.equal(await signIn(url, password), at === whose ? 201 : 401, `password ${whose} at ${url}`);
    const answers = urls.map(async (url) => (await fetch(`${url}/api/v4/health/ready`)).json());
    const installations = (await Promise.all(answers)) as { installation?: string }[];
    assert.equal(new Set(installations.map(({ installation = '' }) => installation)).size, 2);
    assert.deepEqual(await Promise.all(runs.map((run) => run.stop('SIGTERM'))), [143, 143]);
  });
});

async function passwordOf(directory: string): Promise<string> {
  const text = await readFile(join(directory, 'secrets.json'), 'utf8');
  return (JSON.parse(text) as { accounts: { demo: string } }).accounts.demo;
}

async function signIn(url: string, password: string): Promise<number> {
  const { status } = await fetch(`${url}/api/v3/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'demo', password }),
  });
  return status;
}

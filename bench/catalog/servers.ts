import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { post } from './calls.js';
import { administrator, member, password } from './datasets.js';
import { send } from './load.js';

const program = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Types of jobs that are posted: one that does nothing, and one that takes datasets. */
const jobConfiguration = {
  configVersion: 'bench',
  jobs: [
    { jobType: 'note', create: { auth: '#all', actions: [] }, update: { auth: '#all', actions: [] } },
    {
      jobType: 'archive',
      create: { auth: '#datasetOwner', actions: [{ actionType: 'catena', workflow: 'archive' }] },
      update: { auth: '#jobOwnerGroup', actions: [] },
    },
  ],
};

/** A program that is measured. */
export class Server {
  private constructor(
    private readonly child: ChildProcess,
    readonly base: string,
  ) {}

  static async bare(uri: string): Promise<Server> {
    const child = spawn(process.execPath, [program('./bare-server.js')], {
      env: { ...process.env, MONGODB_URI: uri, NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return new Server(child, line.toString().trim());
  }

  /** @param indexed how many collections it is to hold in memory before it is asked */
  static async catena(uri: string, folder: string, indexed: number): Promise<Server> {
    const accounts = join(folder, 'accounts.json');
    const configuration = join(folder, 'jobs.json');
    const people = [administrator, member].map(({ username, groups }) => ({
      ...{ username, email: `${username}@example.org`, password, role: groups, global: false },
    }));
    await writeFile(accounts, JSON.stringify(people));
    await writeFile(configuration, JSON.stringify(jobConfiguration));
    const port = await freePort();
    const options = (process.env['CATALOG_BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((one) => one !== '');
    const child = spawn(process.execPath, [...options, program('../../apps/catalog-api/src/main.js')], {
      env: {
        ...process.env,
        MONGODB_URI: uri,
        CATENA_PREFIX: `catalog-bench-${port}`,
        PORT: String(port),
        JWT_SECRET: 'a secret of the measurement',
        FUNCTIONAL_ACCOUNTS_FILE: accounts,
        ADMIN_GROUPS: administrator.groups.join(','),
        CREATE_DATASET_GROUPS: '#all',
        // Of all jobs, as an operator sees them.
        OPERATIONS_VIEWER_GROUPS: administrator.groups.join(','),
        JOB_CONFIGURATION_FILE: configuration,
        PID_PREFIX: '20.500.12345',
        LOG_LEVEL: 'info',
        REQUEST_LIMIT_PER_CALLER: '0',
        REQUEST_LIMIT_PER_ADDRESS: '0',
        NODE_ENV: 'production',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const server = new Server(child, `http://127.0.0.1:${port}`);
    await server.whenIndexed(indexed);
    return server;
  }

  /** @returns a token of that account */
  async signIn(username: string): Promise<string> {
    const agent = new Agent();
    for (let attempt = 0; ; attempt += 1)
      try {
        const answer = await send(agent, this.base, post('/api/v3/auth/login', { username, password }));
        return (JSON.parse(answer) as { access_token: string }).access_token;
      } catch (error) {
        if (attempt === 100) throw error;
        await sleep(200);
      }
  }

  /** Milliseconds of processor time that it has used. */
  get processorTime(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** MiB of memory now, and at most so far. */
  get memory(): { now: number; most: number } {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const of = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
    return { now: of('VmRSS'), most: of('VmHWM') };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }

  private async whenIndexed(collections: number): Promise<void> {
    const lines = createInterface({ input: this.child.stdout! });
    let left = collections;
    await new Promise<void>((resolve, reject) => {
      if (left === 0) resolve();
      this.child.once('exit', () => reject(new Error('catalog-api ended before it was ready')));
      lines.on('line', (line) => {
        if (/"level":[56]0/.test(line)) console.error(line);
        if (!line.includes('records are indexed in memory')) return;
        console.log(line.replace(/.*"collection":"(\w+)".*"seconds":([\d.]+).*/, '$1 in memory after $2 s'));
        left -= 1;
        if (left === 0) resolve();
      });
    });
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    const address = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    return address.port;
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * What a whole installation uses of one core while nobody asks anything, by process: `npm start` with services of its own, its
 * demonstration given, then left alone. The services of the environment are not used: others may ask those.
 *
 * Twice: soon after the demonstration, whose code is still being compiled, whose garbage is still being collected, and whose messages
 * are still to be accepted; and later, when nobody has asked anything for minutes.
 *
 * IDLE_SECONDS (60), IDLE_REST (30), IDLE_LATER (270): seconds that are measured, seconds before the first time, and between both; 0: no
 * second time.
 */
const seconds = Number(process.env['IDLE_SECONDS'] ?? 60);
const rest = Number(process.env['IDLE_REST'] ?? 30);
const later = Number(process.env['IDLE_LATER'] ?? 270);
/** Percent of one core, of our own apps together. */
const target = 3;
/** Ticks of processor time in a second. */
const ticks = 100;
const services: readonly (readonly [string, RegExp])[] = [
  ['database', /postgres/],
  ['gateway', /mongo-gateway/],
  ['broker', /beam\.smp|erl_child_setup|inet_gethost|epmd|rabbitmq/],
  ['S3', /swift|memcached|multiprocessing/],
];
const apps = /dist\/apps\/([\w-]+)\/src\/main\.js/;

interface Running {
  readonly parent: number;
  readonly command: string;
  /** Seconds of processor time. */
  readonly used: number;
}

const folder = await mkdtemp(join(tmpdir(), 'catena-idle-'));
const { MONGODB_URI: _m, RABBITMQ_URL: _r, S3_ENDPOINT: _s, ...environment } = process.env;
const start = spawn(
  process.execPath,
  [fileURLToPath(new URL('../tools/start/src/main.js', import.meta.url))],
  {
    env: { ...environment, CATENA_DATA: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
try {
  await whenUp();
  await sleep(rest * 1000);
  await measure(`${rest} s after the demonstration`);
  if (later > 0) {
    await sleep(later * 1000);
    await measure(`${rest + seconds + later} s after it`);
  }
} finally {
  const ended = once(start, 'exit');
  start.kill('SIGTERM');
  await ended;
  await rm(folder, { recursive: true, force: true });
}

/** @throws Error when it ends before */
function whenUp(): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    start.once('exit', () => reject(new Error(`npm start ended before everything was up:\n${said}`)));
    let isUp = false;
    start.stdout.on('data', (chunk: Buffer) => {
      if (isUp) return;
      said = `${said}${chunk.toString()}`.slice(-10_000);
      isUp = said.includes('Catena is up');
      if (!isUp) return;
      console.log(`first start: ${/everything is up after [\d.]+ s/.exec(said)?.[0] ?? 'up'}`);
      resolve();
    });
  });
}

async function measure(when: string): Promise<void> {
  const [before, began] = [look(), performance.now()];
  await sleep(seconds * 1000);
  console.log(when);
  report(before, look(), (performance.now() - began) / 1000);
}

/** Every process of the installation. */
function look(): Map<number, Running> {
  const all = new Map<number, Running>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const used = (Number(fields[11]) + Number(fields[12])) / ticks;
      all.set(Number(name), { parent: Number(fields[1]), command, used });
    } catch {
      // It has ended meanwhile.
    }
  }
  const isOurs = (id: number | undefined): boolean =>
    id !== undefined && (id === start.pid || isOurs(all.get(id)?.parent));
  return new Map([...all].filter(([id]) => isOurs(id)));
}

function report(
  before: ReadonlyMap<number, Running>,
  after: ReadonlyMap<number, Running>,
  elapsed: number,
): void {
  const shares = new Map<string, number>();
  for (const [id, { command, used }] of after) {
    const name = nameOf(command);
    const share = ((used - (before.get(id)?.used ?? 0)) / elapsed) * 100;
    shares.set(name, (shares.get(name) ?? 0) + share);
  }
  const own = [...shares].filter(([name]) => !services.some(([service]) => service === name));
  const theirs = [...shares].filter(([name]) => services.some(([service]) => service === name));
  const sum = (rows: readonly (readonly [string, number])[]): number =>
    rows.reduce((total, [, share]) => total + share, 0);
  for (const [name, share] of own.sort(byShare)) row(name, share);
  row('our own apps together', sum(own), `, target under ${target} %`);
  for (const [name, share] of theirs.sort(byShare)) row(name, share);
  row('services together', sum(theirs));
  row('everything', sum(own) + sum(theirs));
}

function nameOf(command: string): string {
  const app = apps.exec(command)?.[1];
  if (app !== undefined) return app;
  const service = services.find(([, pattern]) => pattern.test(command))?.[0];
  return service ?? 'npm start and the DataCite of the demonstration';
}

function byShare([, one]: readonly [string, number], [, other]: readonly [string, number]): number {
  return other - one;
}

function row(name: string, share: number, more = ''): void {
  console.log(`${name.padEnd(48)} ${share.toFixed(2).padStart(6)} % of one core${more}`);
}

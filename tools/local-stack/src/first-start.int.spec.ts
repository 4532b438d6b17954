import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ensureRoot } from './index.js';
import { RECIPES, rootFolder } from './root/recipe.js';

const PROJECT = fileURLToPath(new URL('../../../..', import.meta.url));
const MAIN = 'dist/tools/local-stack/src/main.js';
/** Somebody who owns nothing on this machine; without root we are that already. */
const STRANGER = process.getuid?.() === 0 ? 64_743 : undefined;

/** The project and node may be where only root may look, so the stranger sees them in a place of its own. */
const AS_STRANGER = `mount --bind "$1" "$2/project"; mount --bind "$3" "$2/node"; place=$2 uid=$4; shift 4
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all -- "$place/node" "$place/project/${MAIN}" "$@"`;

let place: string;

before(async () => {
  const cached = await ensureRoot(process.env, () => undefined);
  place = await mkdtemp(join(tmpdir(), 'catena-first-start-'));
  await chmod(place, 0o755);
  for (const folder of ['project', 'home', 'cache', 'cache/apt-forky', 'data'])
    await mkdir(join(place, folder));
  await writeFile(join(place, 'node'), '');
  const from = dirname(cached);
  const choice = `${rootFolder('services', arch())}.packages.json`;
  await cp(join(from, choice), join(place, 'cache', choice));
  const archives = `apt-${RECIPES.services.suite}/archives`;
  await cp(join(from, archives), join(place, 'cache', archives), { recursive: true });
  if (STRANGER !== undefined)
    for (const entry of ['home', 'data', 'cache', ...(await belowCache())])
      await chown(join(place, entry), STRANGER, STRANGER);
});
after(() => rm(place, { recursive: true, force: true, maxRetries: 5 }));

async function belowCache(): Promise<string[]> {
  const entries = await readdir(join(place, 'cache'), { recursive: true });
  return entries.map((entry) => join('cache', entry));
}

interface Run {
  /** What was printed so far. */
  text(): string;
  /** Waits until something was printed; fails when the run ends without it. */
  says(pattern: RegExp): Promise<void>;
  kill(): void;
  readonly ended: Promise<number | null>;
}

/** Runs the stack's command as somebody without any right, in a cache of its own. */
function stack(...parameters: string[]): Run {
  const [program, ...before] =
    STRANGER === undefined
      ? [process.execPath, join(PROJECT, MAIN)]
      : [
          ...['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-ec', AS_STRANGER, 'sh'],
          ...[PROJECT, place, process.execPath, String(STRANGER)],
        ];
  const child = spawn(program as string, [...before, ...parameters], {
    cwd: place,
    env: { PATH: '/usr/bin:/bin', HOME: join(place, 'home'), CATENA_CACHE: join(place, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    text: () => text,
    kill: () => void child.kill('SIGKILL'),
    ended,
    says: async (pattern) => {
      for (let over = false; !pattern.test(text);) {
        assert.ok(!over, `expected ${String(pattern)}, found:\n${text}`);
        over = await Promise.race([
          ended.then(() => true),
          new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 50)),
        ]);
      }
    },
  };
}

describe('the first start of somebody without any right', () => {
  it('goes on after an interruption, without fetching anything again, while a second one waits for it', async () => {
    const interrupted = stack('prepare');
    await interrupted.says(/unpacked \d+ of \d+ packages/);
    interrupted.kill();
    await interrupted.ended;

    const first = stack('prepare');
    await first.says(
      /making a Debian forky tree in .*cache.services-forky-\w+ .once; about a minute, \d+ MB to fetch/,
    );
    const second = stack('prepare');
    await second.says(/process \d+ is making a Debian tree in .*; waiting for it/);
    assert.deepEqual(await Promise.all([first.ended, second.ended]), [0, 0], first.text() + second.text());
    assert.match(first.text(), /the tree is ready after \d+ s/);
    assert.doesNotMatch(first.text() + second.text(), /fetching/);
    assert.doesNotMatch(second.text(), /unpacking/);
    const place = (run: Run): string | undefined => /the root is in (.*)/.exec(run.text())?.[1];
    assert.equal(place(first), place(second));
  });

  it('ends with services that answer, all of them its own', async () => {
    const data = join(place, 'data', 'stack');
    const up = stack('up', '--data', data);
    const code = await up.ended;
    // Not every machine lets everybody in; then the way to change that is what counts.
    if (/by no way/.test(up.text())) return assert.match(up.text(), /To allow one, as root: /);
    try {
      assert.equal(code, 0, up.text());
      const status = stack('status', '--data', data);
      assert.equal(await status.ended, 0);
      const lines = [...status.text().matchAll(/^(mongodb|rabbitmq|s3) +\d+ +(\d+) +ok$/gm)];
      assert.deepEqual(
        lines.map(([, name]) => name),
        ['mongodb', 'rabbitmq', 's3'],
        status.text(),
      );
      for (const [, name, pid] of lines)
        assert.equal((await stat(`/proc/${pid}`)).uid, STRANGER ?? process.getuid?.(), name);
    } finally {
      const down = stack('down', '--data', data);
      assert.equal(await down.ended, 0, down.text());
    }
  });
});

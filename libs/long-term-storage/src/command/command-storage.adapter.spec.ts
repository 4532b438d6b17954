import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { TransientError } from '#kernel';
import { problemsOfTarget, storageForTarget } from '../targets.js';
import { longTermStorageConformance } from '../testing/long-term-storage.conformance.js';
import { clientEnvironment } from './client-environment.config.js';
import { CommandStorage, type CommandStorageOptions } from './command-storage.adapter.js';
import './command-target.js';

/** A client with a folder behind it, and a fault to order in a file beside it: `put exit 7`, `get half`, `put lie` … */
const client = `#!/bin/sh
op=$1; root=$2; name=$3; other=$4
fault=$(cat "$root.fault" 2>/dev/null)
case "$fault" in
  "$op exit "*) echo "told to fail" >&2; exit "\${fault##* }";;
  "$op hang") sleep 600 & echo $! > "$root.pid"; wait;;
  "$op lie") exit 0;;
  "$op chatter") head -c 3000000 /dev/zero | tr '\\0' 'x'; echo;;
  "$op secrets") env > "$root.env";;
esac
case "$op" in
  put) mkdir -p "$(dirname "$root/$name")"
    if [ "$fault" = "put half" ]; then head -c 3 "$other" > "$root/$name"; exit 0; fi
    if [ "$fault" = "put other" ]; then tr a-z A-Z < "$other" > "$root/$name"; exit 0; fi
    cp "$other" "$root/$name";;
  get) [ -f "$root/$name" ] || exit 8
    if [ "$fault" = "get half" ]; then head -c 3 "$root/$name" > "$other"; exit 0; fi
    cp "$root/$name" "$other";;
  stat) [ -f "$root/$name" ] || exit 8
    if [ "$fault" = "stat mumble" ]; then echo "all is well"; exit 0; fi
    echo "Size: $(stat -c %s "$root/$name") bytes";;
  remove) [ -f "$root/$name" ] || exit 8; rm "$root/$name";;
  rename) [ -f "$root/$name" ] || exit 8; mkdir -p "$(dirname "$root/$other")"; mv "$root/$name" "$root/$other";;
  list) cd "$root" && find . -type f -printf '%s %P\\n';;
esac
`;

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Scene {
  readonly root: string;
  readonly spool: string;
  readonly storage: CommandStorage;
  order(fault?: string): void;
}

function scene(without: readonly string[] = [], options: Partial<CommandStorageOptions> = {}): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'catena-command-'));
  folders.push(folder);
  const [program, root, spool] = [join(folder, 'client'), join(folder, 'root'), join(folder, 'spool')];
  writeFileSync(program, client);
  chmodSync(program, 0o755);
  for (const made of [root, spool]) mkdirSync(made);
  const all = {
    ...{ put: [program, 'put', root, '{name}', '{file}'], get: [program, 'get', root, '{name}', '{file}'] },
    ...{ stat: [program, 'stat', root, '{name}'], remove: [program, 'remove', root, '{name}'] },
    ...{ rename: [program, 'rename', root, '{name}', '{to}'], list: [program, 'list', root, '{name}'] },
  };
  const storage = new CommandStorage({
    ...{
      name: 'tape',
      spool,
      spoolLimit: 50_000_000,
      timeout: 60_000,
      mercy: 50,
      environment: clientEnvironment([]),
    },
    commands: Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name))),
    exits: { missing: [8], full: [28], away: [11], permanent: [12] },
    statPattern: /Size: (?<size>\d+) bytes/,
    ...options,
  });
  const order = (fault?: string): void => {
    rmSync(`${root}.fault`, { force: true });
    if (fault !== undefined) writeFileSync(`${root}.fault`, fault);
  };
  return { root, spool, storage, order };
}

async function put(storage: CommandStorage, name: string, content: string): Promise<void> {
  const writer = await storage.create(name, 'token');
  try {
    await writer.write(Buffer.from(content));
    await writer.commit();
  } finally {
    await writer.discard();
  }
}
const load = async (storage: CommandStorage, name: string): Promise<string> =>
  ((await (await storage.read(name)).toArray()) as Buffer[]).join('');

/** What waits in the spool, of whichever process. */
const spooled = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

longTermStorageConformance('a command-line client', () => Promise.resolve(scene().storage));
longTermStorageConformance('a command-line client that cannot rename', () =>
  Promise.resolve(scene(['rename']).storage),
);

describe('A command-line client', () => {
  for (const without of [[], ['rename']]) {
    const which = without.length === 0 ? 'with a rename' : 'without one';

    it(`${which} that says "done" and did nothing is not believed, nor that left half of a file, or other bytes`, async () => {
      const { root, spool, storage, order } = scene(without);
      for (const fault of ['put lie', 'put half']) {
        order(fault);
        await assert.rejects(put(storage, 'pid/x', 'content'), {
          code: 'long-term-storage.command-unproven',
          retriable: true,
        });
        order();
        assert.equal(await storage.stat('pid/x'), undefined, fault);
        assert.deepEqual(spooled(spool), []);
        assert.ok(!existsSync(join(root, 'pid/x')));
      }
      await put(storage, 'pid/x', 'content');
      order('remove lie');
      await assert.rejects(storage.remove('pid/x'), { code: 'long-term-storage.command-unproven' });
      order('get half');
      await assert.rejects(storage.read('pid/x'), { code: 'long-term-storage.command-unproven' });
      assert.deepEqual(spooled(spool), []);
      order();
      assert.equal(await load(storage, 'pid/x'), 'content');
    });

    it(`${which} loses nothing when setting aside fails in the middle`, async () => {
      const { storage, order } = scene(without);
      await put(storage, 'pid/x', 'content');
      for (const fault of without.length === 0
        ? ['rename lie', 'rename exit 1']
        : ['put lie', 'put half', 'put other', 'remove lie', 'remove exit 1', 'get half']) {
        order(fault);
        await assert.rejects(storage.setAside('pid/x', 'a'), TransientError, fault);
        order();
        assert.equal(await load(storage, 'pid/x'), 'content', fault);
        // Other bytes under the new name are never taken for a copy.
        if (fault === 'put other') await storage.removeSetAside('pid/x', 'a');
      }
      assert.equal(await storage.setAside('pid/x', 'a'), true);
      assert.equal(await storage.isSetAside('pid/x', 'a'), true);
      assert.equal(await storage.stat('pid/x'), undefined);
    });
  }

  it('is told by its exit codes: what is missing, full, away, final, or may pass', async () => {
    const { storage, order } = scene();
    await put(storage, 'x', 'content');
    for (const [exit, code, retriable, away] of [
      [28, 'full', true, false],
      [11, 'unavailable', true, true],
      [12, 'command-refused', false, false],
      [1, 'command-failed', true, false],
    ] as const) {
      order(`put exit ${exit}`);
      await assert.rejects(put(storage, 'y', 'x'), (error: TransientError) => {
        assert.deepEqual(
          [error.code, error.retriable, error.away],
          [`long-term-storage.${code}`, retriable, away],
        );
        assert.match(error.message, /told to fail/);
        return true;
      });
    }
    order('stat exit 8');
    assert.equal(await storage.stat('x'), undefined);
    order('stat mumble');
    await assert.rejects(storage.stat('x'), { code: 'long-term-storage.command-unclear', retriable: true });
  });

  it('that hangs is ended with all that it started, and so is one whose reader leaves', async () => {
    const { root, storage, order } = scene([], { timeout: 3000 });
    order('stat hang');
    await assert.rejects(storage.stat('x'), {
      code: 'long-term-storage.command-failed',
      message: /found no end after 3000 ms/,
    });
    const child = Number(readFileSync(`${root}.pid`, 'utf8'));
    for (let isThere = true; isThere;) {
      isThere = isAlive(child);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const patient = scene();
    await put(patient.storage, 'x', 'content');
    patient.order('get hang');
    const stop = new AbortController();
    const reading = patient.storage.read('x', { signal: stop.signal });
    while (!existsSync(`${patient.root}.pid`)) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new TransientError('archiver.stopping', 'stop'));
    await assert.rejects(reading, { code: 'archiver.stopping' });
    assert.deepEqual(spooled(patient.spool), []);
  });

  it('that talks without end fills no memory, and one that is missing is waited for', async () => {
    const { storage, order } = scene();
    await put(storage, 'x', 'content');
    order('stat chatter');
    await assert.rejects(storage.stat('x'), { code: 'long-term-storage.command-unclear' });
    const absent = scene([], { commands: { stat: ['/no/such/client', '{name}'] } });
    await assert.rejects(absent.storage.stat('x'), { code: 'long-term-storage.unavailable', away: true });
  });

  it('sees no secret of the archiver, but the variables that it is given', async () => {
    const environment = { ...clientEnvironment([]), DSM_CONFIG: 'given' };
    const { root, storage, order } = scene([], { environment });
    order('stat secrets');
    await storage.stat('x');
    const seen = readFileSync(`${root}.env`, 'utf8').trim().split('\n');
    const ofShell = ['PWD', 'OLDPWD', 'SHLVL', '_'];
    const strange = seen.filter((line) => {
      const [name = ''] = line.split('=');
      return !(name in environment) && !ofShell.includes(name);
    });
    assert.deepEqual(strange, []);
    assert.ok(seen.includes('DSM_CONFIG=given'));
  });

  it('gets each name as one argument, whatever is in it, and none that looks like an option', async () => {
    const { root, storage } = scene();
    const name = "pid/it's $(touch x) & *.tar";
    await put(storage, name, 'content');
    assert.ok(existsSync(join(root, name)));
    assert.equal(await load(storage, name), 'content');
    await assert.rejects(storage.create('-rf', 'a'), { code: 'long-term-storage.name-invalid' });
    await assert.rejects(storage.stat('-rf'), { code: 'long-term-storage.name-invalid' });
  });

  it('needs no list to set aside and to bring back, and says what it lacks', async () => {
    const { storage } = scene(['list', 'rename']);
    await put(storage, 'x', 'content');
    assert.equal(await storage.setAside('x', 'a'), true);
    assert.equal(await storage.isSetAside('x', 'a'), true);
    assert.equal(await storage.bringBack('x', 'a'), true);
    assert.equal(await storage.removePartials('x'), 0);
    await assert.rejects(storage.list('').next(), { code: 'long-term-storage.command-missing' });
  });
});

describe('The spool of a command-line client', () => {
  it('has a limit for files on their way in both directions: what does not fit waits', async () => {
    const { spool, storage } = scene([], { spoolLimit: 10 });
    const writer = await storage.create('x', 'a');
    await writer.write(Buffer.from('1234567'));
    const full = { code: 'long-term-storage.full', retriable: true };
    await assert.rejects(storage.ensureRoom(4, 0), full);
    const second = await storage.create('y', 'a');
    await assert.rejects(second.write(Buffer.from('1234')), full);
    await second.discard();
    await writer.commit();
    assert.equal(await storage.freeBytes(), 10);
    const first = await storage.read('x');
    await assert.rejects(storage.read('x'), full);
    first.destroy();
    while ((await storage.freeBytes()) < 10) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(await load(storage, 'x'), '1234567');
    while (spooled(spool).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('is cleared of what processes of this machine left that are no more, and of nothing else', async () => {
    const { spool, storage } = scene();
    const dead = `catena-spool@${hostname()}@4194304@x`;
    const others = [
      'catena-spool@another-machine@4194304@x',
      `catena-spool@${hostname()}@${process.ppid}@x`,
      'mine',
    ];
    for (const folder of [dead, ...others]) mkdirSync(join(spool, folder, 'in'), { recursive: true });
    await storage.freeBytes();
    const left = readdirSync(spool);
    assert.ok(!left.includes(dead) && others.every((folder) => left.includes(folder)), left.join(', '));
  });

  it('that is not there is waited for', async () => {
    const { storage } = scene([], { spool: '/no/such/spool' });
    await assert.rejects(storage.create('x', 'a'), (error: Error & { code?: string }) => {
      assert.match(error.code ?? '', /^long-term-storage\.unavailable$/);
      return true;
    });
  });
});

describe('A target of kind command', () => {
  const commands = {
    ...{ put: ['dsmc', 'archive', '-d={name}', '{file}'], get: ['dsmc', 'retrieve', '{name}', '{file}'] },
    ...{ stat: ['dsmc', 'query', '{name}'], remove: ['dsmc', 'delete', '{name}'] },
  };

  it('becomes a client with its own words', () => {
    const options = {
      ...{ commands, spool: '/var/spool/catena', spoolLimit: '500GiB', timeout: 3600 },
      ...{ statPattern: '^\\s*(?<size>[0-9,]+) B', exits: { missing: [8] }, environment: ['DSM_CONFIG'] },
    };
    const storage = storageForTarget({ name: 'dsm', kind: 'command', options });
    assert.ok(storage instanceof CommandStorage);
    assert.equal(storage.identity, undefined);
  });

  it('names each option that is wrong', () => {
    const options = {
      commands: {
        ...commands,
        put: ['dsmc', '{path}'],
        get: ['{name}', '{file}'],
        stat: 'dsmc',
        copy: ['cp'],
      },
      ...{ exits: { missing: [0], gone: [1] }, statPattern: '(size', listPattern: '.*', spool: 'spool' },
    };
    const keys = problemsOfTarget({ name: 'x', kind: 'command', options }).map(({ key }) => key);
    assert.deepEqual([...new Set(keys)].sort(), [
      ...['commands.copy', 'commands.get', 'commands.put', 'commands.stat', 'exits', 'exits.gone'],
      ...['listPattern', 'spool', 'statPattern'],
    ]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

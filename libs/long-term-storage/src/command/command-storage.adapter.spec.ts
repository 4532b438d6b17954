import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ManualClock, newId, TransientError } from '#kernel';
import { IdentifiedStorage } from '../identity/identified-storage.js';
import { problemsOfTarget, storageForTarget } from '../targets.js';
import { longTermStorageConformance } from '../testing/long-term-storage.conformance.js';
import { clientEnvironment } from './client-environment.config.js';
import { CommandStorage, type CommandStorageOptions } from './command-storage.adapter.js';
import './command-target.js';
import { maxSilence } from './spool.js';

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
    echo "Size: $(stat -c %s "$root/$name") bytes, $(stat -c %Y "$root/$name")";;
  remove) [ -f "$root/$name" ] || exit 8; rm "$root/$name";;
  rename) [ -f "$root/$name" ] || exit 8; mkdir -p "$(dirname "$root/$other")"; mv "$root/$name" "$root/$other";;
  identify) cat "$root.server";;
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
  readonly options: CommandStorageOptions;
  order(fault?: string): void;
}

function scene(
  without: readonly string[] = [],
  options: Partial<CommandStorageOptions> = {},
  isAsked = false,
): Scene {
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
    ...(isAsked ? { identify: [program, 'identify', root] } : {}),
  };
  const given: CommandStorageOptions = {
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
  };
  const storage = new CommandStorage(given);
  const order = (fault?: string): void => {
    rmSync(`${root}.fault`, { force: true });
    if (fault !== undefined) writeFileSync(`${root}.fault`, fault);
  };
  return { root, spool, storage, options: given, order };
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
    .filter((entry) => entry.isFile() && entry.name !== 'alive')
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

  it('that sends when its work is told to stop is ended, and what it sent is taken away', async () => {
    for (const without of [['list'], ['list', 'rename']]) {
      const { root, spool, storage, order } = scene(without);
      const stop = new AbortController();
      const writer = await storage.create('pid/x', 'a', { size: 7, signal: stop.signal });
      await writer.write(Buffer.from('content'));
      order('put hang');
      const sending = writer.commit();
      while (!existsSync(`${root}.pid`)) await new Promise((resolve) => setTimeout(resolve, 5));
      // As if half of it had arrived.
      const sent = without.includes('rename') ? 'pid/x' : 'pid/x.a.partial';
      mkdirSync(join(root, 'pid'), { recursive: true });
      writeFileSync(join(root, sent), 'con');
      const child = Number(readFileSync(`${root}.pid`, 'utf8'));
      stop.abort(new TransientError('archiver.stopping', 'stop'));
      await assert.rejects(sending, { code: 'archiver.stopping' });
      await writer.discard();
      while (isAlive(child)) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.deepEqual(readdirSync(join(root, 'pid')), []);
      assert.deepEqual(spooled(spool), []);
      assert.equal(await storage.freeBytes(), 50_000_000);
    }
  });

  it('ends with the process that started it', async () => {
    const { root, spool, order } = scene();
    order('stat hang');
    const adapter = new URL('./command-storage.adapter.js', import.meta.url).href;
    const options = {
      ...{ name: 'tape', spool, spoolLimit: 1, timeout: 60_000, exits: {} },
      ...{
        commands: { stat: [join(root, '../client'), 'stat', root, '{name}'] },
        environment: clientEnvironment([]),
      },
    };
    const script = `const { CommandStorage } = await import(${JSON.stringify(adapter)});
      const storage = new CommandStorage({ ...${JSON.stringify(options)}, statPattern: /(?<size>x)/ });
      void storage.stat('x');
      process.stdin.once('data', () => process.exit(0));`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    while (!existsSync(`${root}.pid`) || readFileSync(`${root}.pid`, 'utf8') === '')
      await new Promise((resolve) => setTimeout(resolve, 10));
    const child = Number(readFileSync(`${root}.pid`, 'utf8'));
    assert.ok(isAlive(child));
    parent.stdin.write('end');
    while (isAlive(child)) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('has a limit of its own for each command', async () => {
    const { storage, order } = scene([], { timeouts: { stat: 200 } });
    order('stat hang');
    await assert.rejects(storage.stat('x'), { message: /found no end after 200 ms/ });
  });

  it('that can say what it is connected to is known by that, and another is not taken for it', async () => {
    const clock = new ManualClock();
    const { root, storage } = scene([], { clock, identityPattern: /Server: (?<id>\S+)/ }, true);
    const known = new Map<string, string>();
    const memory = {
      known: (name: string) => Promise.resolve(known.get(name)),
      remember: (name: string, id: string) => Promise.resolve(known.set(name, id).get(name)!),
      now: () => clock.now(),
      wasUsed: () => Promise.resolve(false),
    };
    const identified = new IdentifiedStorage(storage, memory);
    writeFileSync(`${root}.server`, 'Server: TSM-ONE up 3 days\n');
    assert.equal(await identified.standing(), 'known');
    assert.equal(known.get('tape'), 'TSM-ONE');
    writeFileSync(`${root}.server`, 'Server: TSM-TEST up 1 day\n');
    clock.advance(60_000);
    await assert.rejects(identified.stat('x'), { code: 'long-term-storage.other-share', away: true });
    writeFileSync(`${root}.server`, 'no session\n');
    clock.advance(60_000);
    await assert.rejects(identified.stat('x'), { code: 'long-term-storage.command-unclear' });
    assert.equal(scene().storage.identity, undefined);
  });

  it('marks files where its words tell one from another', async () => {
    const { root, storage } = scene([], { statPattern: /Size: (?<size>\d+) bytes, (?<mark>.+)/ });
    await put(storage, 'x', 'content');
    const mark = await storage.markOf('x');
    assert.equal(await storage.markOf('x'), mark);
    assert.equal(await scene().storage.markOf('x'), undefined);
    writeFileSync(join(root, 'x'), 'CONTENT');
    utimesSync(join(root, 'x'), 1, 1);
    assert.notEqual(await storage.markOf('x'), mark);
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
    const name = "pid/it's $(touch x) & so.tar";
    await put(storage, name, 'content');
    assert.ok(existsSync(join(root, name)));
    assert.equal(await load(storage, name), 'content');
    await assert.rejects(storage.create('-rf', 'a'), { code: 'long-term-storage.name-invalid' });
    await assert.rejects(storage.stat('-rf'), { code: 'long-term-storage.name-invalid' });
    // A client of its own may take these for many files.
    for (const odd of ['pid/*', 'pid/?.tar', 'pid/[ab]', 'pid/{a,b}', 'pid/a\\b', 'pid/a\nb']) {
      const refused = { code: 'long-term-storage.name-invalid' };
      await assert.rejects(storage.remove(odd), refused);
      await assert.rejects(storage.setAside(odd, 'a'), refused);
      await assert.rejects(storage.removePartials(odd), refused);
      await assert.rejects(storage.list(odd).next(), refused);
    }
    assert.equal(await load(storage, name), 'content');
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

  it("keeps room for a file that is announced: two that fit one by one do not stand in each other's way", async () => {
    const { storage } = scene([], { spoolLimit: 10 });
    const writer = await storage.create('x', 'a', { size: 8 });
    const full = { code: 'long-term-storage.full', retriable: true };
    await assert.rejects(storage.create('y', 'a', { size: 4 }), full);
    assert.equal(await storage.freeBytes(), 2);
    await writer.write(Buffer.from('12345678'));
    assert.equal(await storage.freeBytes(), 2);
    await assert.rejects(writer.write(Buffer.from('123')), full);
    await writer.discard();
    assert.equal(await storage.freeBytes(), 10);
  });

  it('is cleared of what containers left, whose numbers begin anew: by their signs of life', async () => {
    const { spool, storage } = scene();
    const folder = (host: string, pid: number, age?: number): string => {
      const name = ['catena-spool', host, pid, newId()].join('@');
      mkdirSync(join(spool, name, 'out'), { recursive: true });
      const sign = join(spool, name, 'alive');
      if (age !== undefined) {
        writeFileSync(sign, '');
        const time = Date.now() / 1000 - age / 1000;
        utimesSync(sign, time, time);
      }
      return name;
    };
    const dead = [folder(hostname(), process.pid), folder('former-container', 7, maxSilence + 60_000)];
    const alive = [folder('other-container', 7, 0), folder('of-an-older-version', 7)];
    await storage.freeBytes();
    // Another target of this process has the same spool.
    await new CommandStorage({ ...scene().options, spool }).freeBytes();
    const left = readdirSync(spool).sort();
    assert.equal(left.filter((name) => name.startsWith(`catena-spool@${hostname()}@`)).length, 2);
    assert.ok(dead.every((name) => !left.includes(name)) && alive.every((name) => left.includes(name)));
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
      timeouts: { stat: 60 },
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
      ...{ timeouts: { stat: 0, copy: 1 }, identityPattern: 'x' },
    };
    const keys = problemsOfTarget({ name: 'x', kind: 'command', options }).map(({ key }) => key);
    assert.deepEqual([...new Set(keys)].sort(), [
      ...['commands.copy', 'commands.get', 'commands.put', 'commands.stat', 'exits', 'exits.gone'],
      ...['identityPattern', 'listPattern', 'spool', 'statPattern', 'timeouts.copy', 'timeouts.stat'],
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

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ManualClock, TransientError } from '#kernel';
import { IdentifiedStorage } from '../identity/identified-storage.js';
import { problemsOfTarget, storageForTarget } from '../targets.js';
import { clearScenes, load, put, scene, spooled } from '../testing/command-scene.js';
import { longTermStorageConformance } from '../testing/long-term-storage.conformance.js';
import { clientEnvironment } from './client-environment.config.js';
import { CommandStorage } from './command-storage.adapter.js';
import './command-target.js';

after(clearScenes);

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
        // Under the final name it might be another writer's: it stays, and is set aside by whoever writes next.
        const stays = fault === 'put half' && without.length > 0;
        assert.deepEqual(await storage.stat('pid/x'), stays ? { size: 3 } : undefined, fault);
        assert.deepEqual(spooled(spool), []);
        assert.deepEqual(existsSync(join(root, 'pid/x')), stays);
        assert.equal(await storage.setAside('pid/x', 'half'), stays);
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

  it('that sends when its work is told to stop is ended, and what it sent is taken away where its name says whose it is', async () => {
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
      assert.deepEqual(readdirSync(join(root, 'pid')), without.includes('rename') ? ['x'] : []);
      assert.deepEqual(spooled(spool), []);
      assert.equal(await storage.freeBytes(), 50_000_000);
    }
  });

  for (const [what, without] of Object.entries({ 'with a rename': [], 'without one': ['rename'] }))
    for (const fault of ['put hang', 'put exit 1', 'put half'])
      it(`${what} leaves the copy of another writer alone when its own sending ends late with a fault (${fault})`, async () => {
        const { root, storage, order } = scene(without);
        const stop = new AbortController();
        const late = await storage.create('pid/x', 'overtaken', { signal: stop.signal });
        await late.write(Buffer.from('content'));
        const partial = join(root, 'pid/x.overtaken.partial');
        mkdirSync(join(root, 'pid'), { recursive: true });
        order(fault);
        // Between its look at the name and its end another writer finishes.
        const { runner } = storage as unknown as { runner: { run(command: string): Promise<unknown> } };
        const run = runner.run.bind(runner);
        runner.run = async (command: string, ...rest: unknown[]) => {
          if (command !== 'put') return run(command, ...(rest as []));
          runner.run = run;
          const sending = run(command, ...(rest as [])).finally(() =>
            writeFileSync(join(root, 'pid/x'), 'content of the other'),
          );
          if (fault === 'put hang') {
            while (!existsSync(`${root}.pid`)) await new Promise((resolve) => setTimeout(resolve, 5));
            stop.abort(new TransientError('archiver.stopping', 'stop'));
          }
          return sending;
        };
        await assert.rejects(late.commit());
        await late.discard();
        order();
        assert.equal(await load(storage, 'pid/x'), 'content of the other');
        assert.ok(!existsSync(partial));
      });

  it('with a rename does not take the name from a copy that came while it sent', async () => {
    const { root, storage } = scene();
    const late = await storage.create('pid/x', 'overtaken');
    await late.write(Buffer.from('content'));
    const { runner } = storage as unknown as { runner: { run(command: string): Promise<unknown> } };
    const run = runner.run.bind(runner);
    runner.run = async (command: string, ...rest: unknown[]) => {
      const result = await run(command, ...(rest as []));
      if (command === 'put') writeFileSync(join(root, 'pid/x'), 'content of the other');
      return result;
    };
    await assert.rejects(late.commit(), { code: 'long-term-storage.already-exists' });
    assert.equal(await load(storage, 'pid/x'), 'content of the other');
    assert.deepEqual(readdirSync(join(root, 'pid')), ['x']);
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
    const { root, storage } = scene([], { clock, identityPattern: /Server: (?<id>\S+)/ }, ['identify']);
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

  it('is asked anew who it is when it says that there is nothing, and when a step failed', async () => {
    const clock = new ManualClock();
    const { root, storage } = scene([], { clock }, ['identify']);
    const memory = {
      ...{
        known: () => Promise.resolve('TSM-ONE'),
        remember: (_: string, id: string) => Promise.resolve(id),
      },
      ...{ now: () => clock.now(), wasUsed: () => Promise.resolve(true) },
    };
    const identified = new IdentifiedStorage(storage, memory);
    const other = { code: 'long-term-storage.other-share', away: true };
    writeFileSync(`${root}.server`, 'TSM-ONE');
    await put(storage, 'x', 'content');
    for (const step of [
      () => identified.stat('gone'),
      () => identified.setAside('gone', 'a'),
      () => identified.read('gone'),
      async () => {
        for await (const _ of identified.list('')) assert.ok(_);
      },
    ]) {
      writeFileSync(`${root}.server`, 'TSM-ONE');
      clock.advance(60_000);
      await identified.stat('x');
      // Within the time for which the answer counts another server is in its place.
      writeFileSync(`${root}.server`, 'TSM-TEST');
      await assert.rejects(step(), other);
    }
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
    assert.equal(storage.fetchesWhole, true);
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

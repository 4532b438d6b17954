import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type {
  FileSetAside,
  LongTermReadOptions,
  LongTermStorage,
  LongTermWriter,
} from '../long-term-storage.js';

/**
 * What every long-term storage must do.
 *
 * @param subject the name of the adapter, for the report
 * @param make a fresh, empty storage; called before each test
 */
export function longTermStorageConformance(subject: string, make: () => Promise<LongTermStorage>): void {
  describe(`${subject} as long-term storage`, () => {
    let storage: LongTermStorage;
    const writers: LongTermWriter[] = [];
    beforeEach(async () => void (storage = await make()));
    afterEach(async () => {
      for (const writer of writers.splice(0)) await writer.discard();
    });

    const begin = async (name: string, token: string): Promise<LongTermWriter> => {
      const writer = await storage.create(name, token);
      writers.push(writer);
      return writer;
    };
    const store = async (name: string, content: Buffer | string): Promise<void> => {
      const writer = await begin(name, 'token');
      await writer.write(Buffer.from(content));
      await writer.commit();
    };
    const load = async (name: string, options?: LongTermReadOptions): Promise<string> =>
      (await collect(await storage.read(name, options))).toString();
    const names = async (prefix: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { name } of storage.list(prefix)) found.push(name);
      return found.sort();
    };

    const asides = async (prefix: string): Promise<FileSetAside[]> => {
      const found: FileSetAside[] = [];
      for await (const { name, token, size } of storage.listSetAside(prefix))
        found.push({ name, token, size });
      return found;
    };

    it('gives back what was committed', async () => {
      const content = randomBytes(3_000_000);
      const writer = await begin('pid/1/0.tar', 'a');
      await writer.write(content.subarray(0, 1_000_000));
      await writer.write(content.subarray(1_000_000));
      await writer.commit();
      assert.ok((await collect(await storage.read('pid/1/0.tar'))).equals(content));
      assert.ok((await collect(await storage.read('pid/1/0.tar', { fresh: true }))).equals(content));
      assert.deepEqual(await storage.stat('pid/1/0.tar'), { size: content.length });
    });

    it('appends pieces in their order, where it takes them', async () => {
      const writer = await begin('pid/1/0.tar', 't');
      const pieces = ['one', 'two', '', 'three'].map((piece) => Buffer.from(piece));
      await writer.write(Buffer.from('zero'));
      if (writer.writePieces === undefined) for (const piece of pieces) await writer.write(piece);
      else await writer.writePieces(pieces);
      await writer.write(Buffer.from('four'));
      await writer.writeAt(4, Buffer.from('O'));
      await writer.commit();
      assert.equal(await load('pid/1/0.tar'), 'zeroOnetwothreefour');
    });

    it('lets a writer overwrite what it wrote, and nothing else', async () => {
      const writer = await begin('x', 'a');
      await writer.write(Buffer.from('....world'));
      await writer.writeAt(0, Buffer.from('over'));
      await writer.commit();
      assert.equal(await load('x'), 'overworld');
      const other = await begin('y', 'a');
      await assert.rejects(other.writeAt(0, Buffer.from('z')), { code: 'long-term-storage.range-invalid' });
    });

    it('marks the bytes under a name, if at all, with what other bytes under it do not have', async () => {
      await storage.assertWritable();
      assert.equal(await storage.markOf('x'), undefined);
      await store('x', 'one');
      const mark = await storage.markOf('x');
      assert.equal(await storage.markOf('x'), mark);
      await storage.setAside('x', 't');
      assert.equal(await storage.markOf('x'), undefined);
      await store('x', 'two');
      if (mark !== undefined) assert.notEqual(await storage.markOf('x'), mark);
    });

    it('takes no notice of a chunk after its write has ended', async () => {
      const writer = await begin('x', 'a');
      const chunk = Buffer.from('one');
      await writer.write(chunk);
      chunk.write('two');
      await writer.write(chunk);
      await writer.commit();
      assert.equal(await load('x'), 'onetwo');
    });

    it('keeps an empty file', async () => {
      await store('empty', '');
      assert.equal(await load('empty'), '');
      assert.deepEqual(await storage.stat('empty'), { size: 0 });
    });

    it('sets a file aside, and brings it back whole', async () => {
      await store('pid/1/0.tar', 'content');
      assert.equal(await storage.setAside('pid/1/0.tar', 'why-1'), true);
      assert.equal(await storage.stat('pid/1/0.tar'), undefined);
      assert.deepEqual(await names(''), []);
      await assert.rejects(storage.read('pid/1/0.tar'), { code: 'long-term-storage.not-found' });
      assert.deepEqual(await asides('pid/'), [{ name: 'pid/1/0.tar', token: 'why-1', size: 7 }]);
      assert.deepEqual(await asides('other'), []);
      assert.equal(await storage.setAside('pid/1/0.tar', 'why-1'), false);
      assert.equal(await storage.setAside('no/such/file', 'why-1'), false);

      assert.equal(await storage.bringBack('pid/1/0.tar', 'why-1'), true);
      assert.equal(await load('pid/1/0.tar', { fresh: true }), 'content');
      assert.deepEqual(await asides(''), []);
      assert.equal(await storage.bringBack('pid/1/0.tar', 'why-1'), false);
      assert.equal(await storage.bringBack('no/such/file', 'why-1'), false);
    });

    it('keeps several files that were set aside from one name, and never replaces one in use', async () => {
      for (const content of ['first', 'second', 'third']) {
        await store('x', content);
        if (content !== 'third') await storage.setAside('x', content);
      }
      await assert.rejects(storage.bringBack('x', 'first'), { code: 'long-term-storage.already-exists' });
      assert.equal(await load('x'), 'third');
      await storage.removeSetAside('x', 'second');
      await storage.removeSetAside('x', 'second');
      await storage.removeSetAside('no/such/file', 'second');
      assert.deepEqual(await asides(''), [{ name: 'x', token: 'first', size: 5 }]);
      assert.equal(await load('x'), 'third');
      await storage.remove('x');
      assert.equal(await storage.bringBack('x', 'first'), true);
      assert.equal(await load('x'), 'first');
    });

    it('leaves what was set aside alone when names and partials are removed', async () => {
      await store('pid/x', 'kept');
      await storage.setAside('pid/x', 'a');
      await storage.remove('pid/x');
      await storage.removePartials('pid/x');
      assert.deepEqual(await asides(''), [{ name: 'pid/x', token: 'a', size: 4 }]);
      await assert.rejects(storage.setAside('pid/x', 'a/b'), { code: 'long-term-storage.name-invalid' });
      await assert.rejects(storage.create('pid/x.a.discarded', 'a'), {
        code: 'long-term-storage.name-invalid',
      });
    });

    it('shows nothing before the commit', async () => {
      const writer = await begin('pid/x', 'a');
      await writer.write(Buffer.from('half'));
      assert.equal(await storage.stat('pid/x'), undefined);
      assert.deepEqual(await names(''), []);
      await assert.rejects(storage.read('pid/x'), { code: 'long-term-storage.not-found', retriable: false });
    });

    it('never overwrites', async () => {
      await store('x', 'first');
      const writer = await begin('x', 'late');
      await writer.write(Buffer.from('second'));
      await assert.rejects(writer.commit(), { code: 'long-term-storage.already-exists', retriable: false });
      await writer.discard();
      assert.equal(await load('x'), 'first');
    });

    it('publishes one of two writers whole', async () => {
      const rivals = await Promise.all([begin('x', 'a'), begin('x', 'b')]);
      await Promise.all(rivals.map((writer, index) => writer.write(Buffer.from(`content ${index}`))));
      const outcomes = await Promise.allSettled(rivals.map((writer) => writer.commit()));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      assert.equal(await load('x'), `content ${winner}`);
    });

    it('forgets what was discarded', async () => {
      const writer = await begin('pid/x', 'a');
      await writer.write(Buffer.from('half'));
      await writer.discard();
      await writer.discard();
      await assert.rejects(writer.commit(), { code: 'long-term-storage.writer-closed' });
      assert.equal(await storage.stat('pid/x'), undefined);
      assert.equal(await storage.removePartials('pid/x'), 0);
    });

    it('keeps what was committed from a discard', async () => {
      await store('x', 'kept');
      const writer = await begin('y', 'a');
      await writer.commit();
      await writer.discard();
      assert.deepEqual(await names(''), ['x', 'y']);
    });

    it('does not let a writer publish what its successor wrote', async () => {
      const [zombie, heir] = [await begin('x', 'same'), await begin('x', 'same')];
      await heir.write(Buffer.from('half of the heir'));
      await assert.rejects(zombie.commit(), {
        code: 'long-term-storage.writer-replaced',
        retriable: true,
      });
      await zombie.discard();
      assert.equal(await storage.stat('x'), undefined);
      await heir.commit();
      assert.equal(await load('x'), 'half of the heir');
    });

    it('removes the partials of one name only, and spares a token', async () => {
      for (const [name, token] of [
        ['x', 'a'],
        ['x', 'b'],
        ['x.y', 'a'],
      ] as const) {
        await (await begin(name, token)).write(Buffer.from('half'));
      }
      const kept = await begin('x', 'kept');
      assert.equal(await storage.removePartials('x', { exceptToken: 'kept' }), 2);
      await kept.commit();
      assert.equal(await storage.removePartials('x'), 0);
      assert.equal(await storage.removePartials('x.y'), 1);
      assert.equal(await storage.removePartials('never/there'), 0);
    });

    it('reads ranges', async () => {
      await store('x', '0123456789');
      assert.equal(await load('x', { offset: 3, length: 4 }), '3456');
      assert.equal(await load('x', { offset: 8, length: 100 }), '89');
      assert.equal(await load('x', { length: 0 }), '');
      for (const range of [{ offset: 10 }, { offset: -1 }, { length: -1 }, { offset: 0.5 }]) {
        await assert.rejects(storage.read('x', range), { code: 'long-term-storage.range-invalid' });
      }
    });

    it('survives a reader that leaves early', async () => {
      await store('x', randomBytes(3_000_000));
      for await (const _ of await storage.read('x')) break;
      assert.equal((await collect(await storage.read('x'))).length, 3_000_000);
    });

    it('removes, and again, and the name is free', async () => {
      await store('pid/1/x', 'old');
      await storage.remove('pid/1/x');
      await storage.remove('pid/1/x');
      assert.equal(await storage.stat('pid/1/x'), undefined);
      await store('pid/1/x', 'new');
      assert.equal(await load('pid/1/x'), 'new');
    });

    it('lists by prefix', async () => {
      for (const name of ['a/1/x', 'a/1/y', 'a/12/x', 'b', 'a/2']) await store(name, name);
      assert.deepEqual(await names(''), ['a/1/x', 'a/1/y', 'a/12/x', 'a/2', 'b']);
      assert.deepEqual(await names('a/1'), ['a/1/x', 'a/1/y', 'a/12/x']);
      assert.deepEqual(await names('a/1/'), ['a/1/x', 'a/1/y']);
      assert.deepEqual(await names('c/'), []);
    });

    it('refuses names that lead elsewhere or look unfinished', async () => {
      for (const name of ['../x', '/x', 'a//b', '', 'a/./b']) {
        const unsafe = { code: 'kernel.unsafe-path' };
        await assert.rejects(async () => begin(name, 'a'), unsafe);
        await assert.rejects(async () => storage.read(name), unsafe);
        await assert.rejects(async () => storage.stat(name), unsafe);
        await assert.rejects(async () => storage.remove(name), unsafe);
      }
      const invalid = { code: 'long-term-storage.name-invalid' };
      for (const name of ['x.partial', 'a/x.publishing', 'x'.repeat(200)]) {
        await assert.rejects(async () => begin(name, 'a'), invalid);
      }
      for (const token of ['', 'a/b', '..', 'x'.repeat(65)]) {
        await assert.rejects(async () => begin('x', token), invalid);
      }
    });

    it('knows whether there is room', async () => {
      const free = await storage.freeBytes();
      assert.ok(free > 0);
      await storage.ensureRoom(1, 0);
      await assert.rejects(storage.ensureRoom(1, 2 ** 60), {
        code: 'long-term-storage.full',
        retriable: true,
      });
    });
  });
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

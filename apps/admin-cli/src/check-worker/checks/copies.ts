import type { Check } from '../check.js';
import { expect } from '../missing.js';
import { expectDone, expectFailed } from '../scene.js';

/** What a worker is there for. */
export const copyChecks: readonly Check[] = [
  {
    name: 'stores',
    title: 'stores a copy, reads it back and says what it read',
    run: async (scene) => void (await scene.stored()),
  },
  {
    name: 'accepts',
    title: 'says that it has an order, before or together with its end',
    after: ['stores'],
    run: async (scene) => {
      const order = scene.order('store', scene.copy());
      await order.done();
      await scene.conversation.until(
        ({ orderId, kind }) => orderId === order.id && kind === 'copy-accepted',
        `copy-accepted for ${order.id}`,
      );
    },
  },
  {
    name: 'verifies',
    title: 'reads a copy from beginning to end and says what it read',
    after: ['stores'],
    run: async (scene) => {
      const copy = await scene.stored();
      expectDone(await scene.verified(copy), 'verify', copy);
    },
  },
  {
    name: 'recalls',
    title: 'puts a copy at a link, whole, with its length beforehand',
    after: ['stores'],
    run: async (scene) => {
      const copy = await scene.stored();
      const order = scene.order('recall', copy);
      const link = order.link();
      expectDone(await order.done(1, link), 'recall', copy);
      const arrived = link.arrived.at(-1);
      expect(
        arrived !== undefined,
        'Expected the copy at the link when copy-recalled comes, found nothing there.',
      );
      expect(
        arrived.sha256 === copy.sample.sha256,
        `Expected ${copy.sample.packedSize} bytes with ${copy.sample.sha256} at the link, found ${arrived.size} with ${arrived.sha256}.`,
      );
      expect(
        arrived.contentLength === String(copy.sample.packedSize),
        `Expected Content-Length: ${copy.sample.packedSize} (object stores take no PUT without), found ${arrived.contentLength ?? 'none'}.`,
      );
    },
  },
  {
    name: 'removes',
    title: 'removes a copy; one that is not there is removed',
    after: ['stores', 'verifies'],
    run: async (scene) => {
      const copy = await scene.stored();
      expectDone(await scene.order('remove', copy).done(), 'remove', copy);
      expect(
        !(await scene.isGood(copy)),
        'Expected no copy any more after copy-removed, found it verified as good.',
      );
      expectDone(await scene.order('remove', copy).done(), 'remove', copy);
    },
  },
  {
    name: 'remove-other',
    title: 'refuses to remove a copy that has another checksum than the order names',
    after: ['removes'],
    run: async (scene) => {
      const copy = await scene.stored();
      const { sample } = scene.copy();
      const end = await scene.order('remove', { archiveId: copy.archiveId, sample }).done();
      expectFailed(end, 'the order names another checksum than the copy has');
      expect(
        await scene.isGood(copy),
        'Expected the copy to be there still, found that it is not verified as good.',
      );
    },
  },
  {
    name: 'unknown-copy',
    title: 'says so when a copy is not there',
    after: ['verifies', 'recalls'],
    run: async (scene) => {
      const copy = scene.copy();
      for (const verb of ['verify', 'recall'] as const)
        expectFailed(await scene.order(verb, copy).done(), 'there is no such copy');
    },
  },
  {
    name: 'names',
    title: 'keeps copies apart whose names are nearly alike, wherever they seem to lead',
    after: ['verifies'],
    run: async (scene) => {
      const copies = [];
      for (const name of ['a/b', 'a%2Fb', 'a_b', 'a b', 'A/b', '../a/b', '/a/b'])
        copies.push(await scene.stored(name));
      for (const copy of copies)
        expect(
          await scene.isGood(copy),
          `Expected the copy ${copy.archiveId} as it was stored, found another one in its place: names must be one-to-one.`,
        );
    },
  },
];

import type { Check } from '../check.js';
import { expect } from '../missing.js';
import { expectDone, expectFailed } from '../scene.js';
import { begun } from './repeats.js';

/** What happens to the medium, the worker and its connection. */
export const disturbanceChecks: readonly Check[] = [
  {
    name: 'damaged',
    title: 'finds damage on the medium, and hands nothing damaged out as good',
    after: ['verifies', 'recalls'],
    needs: 'damage',
    run: async (scene) => {
      const copy = await scene.stored();
      await scene.hands.damage!(copy.archiveId);
      const order = scene.order('recall', copy);
      const link = order.link();
      expectFailed(await order.done(1, link), 'the copy is damaged on the medium');
      const [whole] = link.arrived;
      expect(
        whole === undefined || whole.size !== copy.sample.packedSize,
        'Expected no damaged copy at the link in full length, found one.',
      );
      expect(
        !(await scene.isGood(copy)),
        'Expected the copy, which was damaged on the medium, not to be verified as good; found that it is: it was not read, or not from the medium.',
      );
    },
  },
  {
    name: 'broken-connection',
    title: 'comes back when its connection to the broker is cut, and tells then what it did meanwhile',
    after: ['stores'],
    needs: 'disconnect',
    run: async (scene) => {
      const copy = scene.copy();
      const order = scene.order('store', copy);
      const link = order.link({ slow: true });
      await order.send(1, link);
      await begun(link.begun, order.end(), 'the link to be read');
      await scene.hands.disconnect!();
      link.release();
      expectDone(await order.end(), 'store', copy);
    },
  },
  {
    name: 'restart-in-the-middle',
    title: 'does every order that it took, though it was killed',
    after: ['stores'],
    needs: 'restart',
    run: async (scene) => {
      const copies = [scene.copy(), scene.copy(), scene.copy()];
      const orders = copies.map((copy) => scene.order('store', copy));
      const [first] = orders;
      const link = first!.link({ slow: true });
      await first!.send(1, link);
      await begun(link.begun, first!.end(), 'the link to be read');
      for (const order of orders.slice(1)) await order.send(1);
      // Taken from the queue, if it takes several at once.
      await scene.pause(500);
      await scene.hands.restart!();
      link.release();
      for (const [index, order] of orders.entries()) expectDone(await order.end(), 'store', copies[index]!);
    },
  },
  {
    name: 'restart-remembers',
    title: 'knows after a restart what it did before',
    after: ['same-command-twice'],
    needs: 'restart',
    run: async (scene) => {
      const copy = scene.copy();
      const order = scene.order('store', copy);
      const link = order.link();
      const command = await order.send(1, link);
      expectDone(await order.end(), 'store', copy);
      await scene.hands.restart!();
      // An end that the broker had not confirmed comes again by itself: behind this order, it is no answer.
      await scene.stored();
      const since = scene.conversation.heard.length;
      await scene.conversation.sendAgain(command);
      expectDone(await order.end(1, since), 'store', copy);
      expect(
        link.requests === 1,
        `Expected the link to be read once, found ${link.requests} requests: after the restart the order was done again.`,
      );
    },
  },
  {
    name: 'rubbish',
    title: 'refuses what it does not understand for good, says nothing about it, and goes on',
    after: ['stores'],
    run: async (scene) => {
      const { target } = scene.settings;
      const order = scene.order('store', scene.copy());
      const data = order.data(1);
      const envelope = (type: string, fields: object): Buffer =>
        Buffer.from(JSON.stringify({ specversion: '1.0', id: scene.settings.run, type, data: fields }));
      for (const body of [
        Buffer.from([0, 255, 1, 254]),
        Buffer.from(''),
        Buffer.from('[]'),
        Buffer.from('{}'),
        envelope('archival.polish-copy.v1', data),
        envelope('archival.store-copy.v1', {}),
        envelope('archival.store-copy.v1', { ...data, url: 'file:///etc/passwd', packedSize: 'many' }),
        envelope('archival.verify-copy.v1', { ...data, target: `${target}-not`.slice(-40) }),
      ])
        await scene.conversation.sendRubbish(target, body);
      const copy = scene.copy();
      expectDone(await scene.order('store', copy).done(), 'store', copy);
      const left = await scene.conversation.leftOver(target);
      expect(
        left === 0,
        `Expected rubbish to be refused for good (nack without requeue), found it in the queue again (${left}).`,
      );
      const about = scene.conversation.heard.find(({ orderId }) => orderId === order.id);
      expect(
        about === undefined,
        `Expected no event about an order for another target or without its fields, found ${about?.kind}.`,
      );
    },
  },
];

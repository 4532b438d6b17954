import type { Check } from '../check.js';
import { expect, Missing } from '../missing.js';
import { expectDone, type Order } from '../scene.js';
import { begun } from './repeats.js';

/** What happens while an order is done: progress, and cancellation. */
export const workChecks: readonly Check[] = [
  {
    name: 'progress',
    title: 'says how far it is, now and then',
    after: ['stores'],
    run: async (scene) => {
      const copy = scene.copy();
      const order = scene.order('store', copy);
      const link = order.link({ slow: true });
      await order.send(1, link);
      await begun(link.begun, order.end(), 'the link to be read');
      const told = await scene.conversation.until(
        ({ orderId, kind }) => orderId === order.id && kind === 'copy-progressed',
        `copy-progressed for ${order.id}, which is at a slow link,`,
        0,
        scene.settings.progressWithin,
      );
      const { bytesDone, bytesTotal } = told.data;
      expect(
        bytesTotal === copy.sample.packedSize && Number(bytesDone) <= copy.sample.packedSize,
        `Expected some of ${copy.sample.packedSize} bytes, found ${String(bytesDone)} of ${String(bytesTotal)}.`,
      );
      link.release();
      expectDone(await order.end(), 'store', copy);
    },
  },
  {
    name: 'waits',
    title: 'says of an order that waits behind a long one that it lives',
    after: ['progress'],
    run: async (scene) => {
      const copies = [scene.copy(), scene.copy()];
      const orders = copies.map((copy) => scene.order('store', copy));
      const links = orders.map((order) => order.link({ slow: true }));
      const [first, second] = orders;
      await first!.send(1, links[0]);
      await begun(links[0]!.begun, first!.end(), 'the link to be read');
      await second!.send(1, links[1]);
      // Of two that are done at the same time the second says how far it is.
      await scene.conversation.until(
        ({ orderId, kind }) => orderId === second!.id && kind === 'copy-progressed',
        `copy-progressed for ${second!.id}, which came while ${first!.id} is at a slow link,`,
        0,
        scene.settings.progressWithin,
        // What the first one says is no word of the second: it gives no more time.
        ({ orderId }) => orderId === second!.id,
      );
      for (const link of links) link.release();
      for (const [index, order] of orders.entries()) expectDone(await order.end(), 'store', copies[index]!);
    },
  },
  {
    name: 'cancel-in-the-middle',
    title: 'stops what it does when it is cancelled, and keeps nothing of it',
    after: ['verifies'],
    run: async (scene) => {
      const copy = scene.copy();
      const order = scene.order('store', copy);
      const link = order.link({ slow: true });
      await order.send(1, link);
      await begun(link.begun, order.end(), 'the link to be read');
      await order.cancel();
      await endsAs(order, 'copy-cancelled', 'it was cancelled in the middle');
      const isOut = await Promise.race([link.left.then(() => true), scene.pause(2000).then(() => false)]);
      expect(
        isOut,
        'Expected the worker to let go of the link when it is cancelled, found it reading still.',
      );
      expect(!(await scene.isGood(copy)), 'Expected nothing of a cancelled copy, found it verified as good.');
    },
  },
  {
    name: 'cancel-all-attempts',
    title: 'stops an earlier attempt, too, when a later one is cancelled',
    after: ['cancel-in-the-middle', 'second-attempt'],
    run: async (scene) => {
      const order = scene.order('store', scene.copy());
      const link = order.link({ slow: true });
      await order.send(1, link);
      await begun(link.begun, order.end(), 'the link to be read');
      await order.send(2, order.link({ slow: true }));
      await order.cancel(2);
      await endsAs(order, 'copy-cancelled', 'it was cancelled', 0, 2);
      const isOut = await Promise.race([link.left.then(() => true), scene.pause(2000).then(() => false)]);
      expect(
        isOut,
        'Expected the worker to let go of the link of attempt 1 when attempt 2 is cancelled, found it reading still.',
      );
    },
  },
  {
    name: 'cancel-before-begin',
    title: 'does not begin what was cancelled before it came',
    after: ['stores'],
    run: async (scene) => {
      const order = scene.order('store', scene.copy());
      const link = order.link();
      await order.cancel();
      await endsAs(order, 'copy-cancelled', 'its cancellation came first');
      const since = scene.conversation.heard.length;
      await order.send(1, link);
      await endsAs(order, 'copy-cancelled', 'it was cancelled before it came', since);
      expect(link.requests === 0, 'Expected the link not to be read, found that it was.');
    },
  },
  {
    name: 'cancel-after-the-end',
    title: 'answers a cancellation that is too late with the end that happened',
    after: ['verifies'],
    run: async (scene) => {
      const copy = scene.copy();
      const order = scene.order('store', copy);
      expectDone(await order.done(), 'store', copy);
      const since = scene.conversation.heard.length;
      await order.cancel();
      await endsAs(order, 'copy-stored', 'it was done when it was cancelled', since);
      expect(await scene.isGood(copy), 'Expected the copy to stay, found that it is not verified as good.');
    },
  },
];

async function endsAs(order: Order, kind: string, because: string, since = 0, attempt = 1): Promise<void> {
  const end = await order.end(attempt, since);
  if (end.kind !== kind) throw new Missing(`Expected ${kind}, because ${because}; found ${end.kind}.`);
}

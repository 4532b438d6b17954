import type { Check } from '../check.js';
import { expect } from '../missing.js';
import { doneKinds, expectDone } from '../scene.js';

/** What comes more than once, as everything may. */
export const repeatChecks: readonly Check[] = [
  {
    name: 'same-command-twice',
    title: 'answers a command that comes again with the same end, and does not do it again',
    after: ['stores'],
    run: async (scene) => {
      const copy = scene.copy();
      const order = scene.order('store', copy);
      const link = order.link();
      const command = await order.send(1, link);
      const first = await order.end();
      expectDone(first, 'store', copy);
      const since = scene.conversation.heard.length;
      await scene.conversation.sendAgain(command);
      const second = await order.end(1, since);
      expect(
        second.kind === first.kind && JSON.stringify(second.data) === JSON.stringify(first.data),
        `Expected the same end again, ${first.kind} ${JSON.stringify(first.data)}; found ${second.kind} ${JSON.stringify(second.data)}.`,
      );
      expect(
        link.requests === 1,
        `Expected the link to be read once, found ${link.requests} requests: the order was done again.`,
      );
    },
  },
  {
    name: 'same-command-at-once',
    title: 'does a command once that is delivered twice while it works',
    after: ['same-command-twice'],
    run: async (scene) => {
      const copy = scene.copy();
      const order = scene.order('store', copy);
      const link = order.link({ slow: true });
      const command = await order.send(1, link);
      await begun(link.begun, order.end(), 'the link to be read');
      await scene.conversation.sendAgain(command);
      link.release();
      expectDone(await order.end(), 'store', copy);
      // What came behind it is done after it: when that has ended, the second delivery was heard.
      expectDone(await scene.order('store', scene.copy()).done(), 'store', scene.copies.at(-1)!);
      expect(
        link.requests === 1,
        `Expected the link to be read once, found ${link.requests} requests: the order was done again.`,
      );
    },
  },
  {
    name: 'second-attempt',
    title: 'answers a later attempt of an order with that attempt, and keeps the copy it has',
    after: ['verifies', 'recalls', 'removes'],
    run: async (scene) => {
      for (const verb of ['store', 'verify', 'recall', 'remove'] as const) {
        const copy = verb === 'store' ? scene.copy() : await scene.stored();
        const order = scene.order(verb, copy);
        expectDone(await order.done(1), verb, copy);
        const second = await order.done(2);
        expectDone(second, verb, copy);
        expect(
          second.attempt === 2,
          `Expected ${doneKinds[verb]} for attempt 2, found attempt ${String(second.attempt)}.`,
        );
      }
    },
  },
];

/** @throws Missing when the order ends before that begins */
export async function begun<Answer>(
  beginning: Promise<Answer>,
  end: Promise<{ kind: string }>,
  what: string,
): Promise<void> {
  const ended = await Promise.race([beginning.then(() => undefined), end.then(({ kind }) => kind)]);
  // The check waits for it later, or not at all.
  end.catch(() => undefined);
  expect(ended === undefined, `Expected ${what} first, found the order ended with ${ended}.`);
}

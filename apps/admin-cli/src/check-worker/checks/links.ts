import type { Check } from '../check.js';
import type { LinkBehaviour } from '../links.js';
import { expect } from '../missing.js';
import { spoilt } from '../sample-tar.js';
import { expectDone, expectFailed, type Scene } from '../scene.js';

/** Links that do not give what they should. */
export const linkChecks: readonly Check[] = [
  {
    name: 'wrong-bytes',
    title: 'refuses bytes that are not those of the order, and does not keep them as good',
    after: ['verifies'],
    run: async (scene) => {
      const copy = scene.copy();
      const order = scene.order('store', copy);
      const end = await order.done(1, order.link({}, spoilt(copy.sample)));
      expectFailed(end, 'the bytes at the link have another checksum than the order names');
      expect(
        !(await scene.isGood(copy)),
        'Expected wrong bytes not to be kept as good, found them verified.',
      );
    },
  },
  ...[403, 404].map((status): Check => ({
    name: `link-${status}`,
    title: `says so when a link answers ${status}, and takes a fresh one with the next attempt`,
    after: ['second-attempt'],
    run: (scene) => overcomes(scene, { status }, `the link answers ${status}`),
  })),
  {
    name: 'link-cut',
    title: 'says so when a link breaks in the middle, and keeps nothing of it as good',
    after: ['second-attempt'],
    run: (scene) =>
      overcomes(
        scene,
        { cutAfter: Math.floor(scene.settings.contentSize / 2) },
        'the link broke in the middle',
      ),
  },
  {
    name: 'upload-403',
    title: 'says so when a copy cannot be put at its link',
    after: ['second-attempt'],
    run: async (scene) => {
      const copy = await scene.stored();
      const order = scene.order('recall', copy);
      const end = await order.done(1, order.link({ status: 403 }));
      expectFailed(end, 'the link refuses the PUT with 403');
      expectAgain(end.data);
      expectDone(await order.done(2), 'recall', copy);
    },
  },
];

async function overcomes(scene: Scene, behaviour: LinkBehaviour, because: string): Promise<void> {
  const copy = scene.copy();
  const order = scene.order('store', copy);
  const end = await order.done(1, order.link(behaviour));
  expectFailed(end, because);
  expectAgain(end.data);
  if (behaviour.cutAfter !== undefined)
    expect(
      !(await scene.isGood(copy)),
      'Expected a part of a copy not to be kept as good, found it verified.',
    );
  expectDone(await order.done(2), 'store', copy);
}

/** Without it job-assembler sends no fresh link. */
function expectAgain(data: Readonly<Record<string, unknown>>): void {
  expect(
    data['again'] === true,
    `Expected copy-failed with again: true, because a fresh link helps; found ${String(data['again'])}.`,
  );
}

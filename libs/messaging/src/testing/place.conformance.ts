import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newId, type CatenaError } from '#kernel';
import { catalogueSideOf, type CatalogueApp, type Place } from '../catalogue-side.js';
import type { MessageTransport } from '../message-transport.js';
import { Naming } from '../naming.js';
import { until } from './message-transport.conformance.js';

/** A transport of a process at one broker, and what its connections suffer. */
export interface PlaceHolder {
  readonly transport: MessageTransport;
  /** All of its connections break, and no new one is opened for as long as it lasts. */
  readonly cutOff: () => Promise<void>;
  readonly letBack: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/** What any transport must do with the place of the catalogue's side. */
export function placeConformance(
  name: string,
  open: (place: Place, onFatal: (error: CatenaError) => void) => Promise<PlaceHolder>,
): void {
  describe(`${name}, as a process of the catalogue's side`, () => {
    /** A broker for each test: a prefix of its own. */
    function newBroker() {
      const naming = new Naming(`side-${newId()}`);
      const holders: PlaceHolder[] = [];
      const start = async (app: CatalogueApp) => {
        const refusals: CatenaError[] = [];
        const holder = await open(catalogueSideOf(naming, app), (error) => refusals.push(error));
        holders.push(holder);
        await until(() => holder.transport.connected || refusals.length > 0);
        return { ...holder, refusals };
      };
      const end = async (): Promise<void> => {
        for (const holder of holders) await holder.end();
      };
      return { naming, start, end };
    }

    it('shares the place with further processes of its app, and keeps it from the other one while one of them lives', async () => {
      const { naming, start, end } = newBroker();
      try {
        const [first, second] = [await start('catalog-api'), await start('catalog-api')];
        assert.ok(first.transport.connected && second.transport.connected);
        await first.end();
        const other = await start('scicat-bridge');
        const [refusal] = other.refusals;
        assert.equal(other.transport.connected, false);
        assert.equal(refusal?.code, 'messaging.catalogue-side-taken');
        assert.equal(refusal.retriable, false);
        assert.equal(
          refusal.message,
          `Expected scicat-bridge to be alone on the catalogue's side of the prefix ${naming.prefix}, found that another app (catalog-api) serves it: stop that one first, or give this one another CATENA_PREFIX.`,
        );
        await assert.rejects(other.transport.declare({ exchanges: [], queues: [], bindings: [] }), refusal);
        assert.ok(second.transport.connected);
      } finally {
        await end();
      }
    });

    it('leaves the place to the other app as soon as its last process has gone', async () => {
      const { start, end } = newBroker();
      try {
        const [first, second] = [await start('scicat-bridge'), await start('scicat-bridge')];
        await Promise.all([first.end(), second.end()]);
        const other = await start('catalog-api');
        assert.deepEqual(other.refusals, []);
        assert.ok(other.transport.connected);
      } finally {
        await end();
      }
    });

    it('takes the place again after a break, and is refused when the other app has taken over meanwhile', async () => {
      const { start, end } = newBroker();
      try {
        const first = await start('catalog-api');
        await first.cutOff();
        await first.letBack();
        await until(() => first.transport.connected);
        await first.cutOff();
        let other = await start('scicat-bridge');
        // The broker keeps the place for a while.
        while (other.refusals.length > 0) {
          await other.end();
          other = await start('scicat-bridge');
        }
        await first.letBack();
        await until(() => first.refusals.length > 0);
        assert.equal(first.refusals[0]?.code, 'messaging.catalogue-side-taken');
        assert.match(first.refusals[0].message, /^Expected catalog-api to be alone .*\(scicat-bridge\)/);
        assert.equal(first.transport.connected, false);
        assert.ok(other.transport.connected);
      } finally {
        await end();
      }
    });
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newId } from '#kernel';
import type { Inbox } from '../inbox.js';

/** What any inbox must remember. */
export function inboxConformance(name: string, open: () => Inbox): void {
  describe(`${name} as an inbox`, () => {
    it('knows what was handled, and with which content', async () => {
      const [inbox, id] = [open(), newId()];
      assert.equal(await inbox.check(id, 'a'), 'new');
      await inbox.record(id, 't', 'a');
      await inbox.record(id, 't', 'a');
      assert.equal(await inbox.check(id, 'a'), 'duplicate');
      assert.equal(await inbox.check(id, 'b'), 'conflict');
      assert.equal(await inbox.check(newId(), 'a'), 'new', 'another message with the same content');
    });

    it('keeps the content of the first time, whichever app records it again', async () => {
      const [inbox, id] = [open(), newId()];
      await Promise.all(['a', 'a', 'a'].map((digest) => inbox.record(id, 't', digest)));
      await inbox.record(id, 't', 'b').catch(() => undefined);
      assert.equal(await inbox.check(id, 'a'), 'duplicate');
      assert.equal(await inbox.check(id, 'b'), 'conflict');
    });

    it('knows that a copy waits, for as long as it was told', async () => {
      const [inbox, id] = [open(), newId()];
      await inbox.wait(id, 't', 60_000);
      assert.equal(await inbox.check(id, 'a'), 'waiting');
      await inbox.wait(id, 't', -1);
      assert.equal(await inbox.check(id, 'a'), 'new', 'the copy that waited is lost');
    });

    it('forgets what was discarded by this decision, and nothing that was handled', async () => {
      const [inbox, discarded, handled] = [open(), newId(), newId()];
      await inbox.record(discarded, 't', 'a', 'decision-1');
      await inbox.forgetDiscarded(discarded, 'decision-2');
      assert.equal(await inbox.check(discarded, 'a'), 'duplicate');
      await inbox.forgetDiscarded(discarded, 'decision-1');
      assert.equal(await inbox.check(discarded, 'a'), 'new');
      await inbox.record(handled, 't', 'a');
      await inbox.record(handled, 't', 'a', 'decision-1');
      await inbox.forgetDiscarded(handled, 'decision-1');
      assert.equal(await inbox.check(handled, 'a'), 'duplicate');
    });

    it('takes for handled what any decision discarded, until the last one is taken back, or all are', async () => {
      const [inbox, id] = [open(), newId()];
      for (const decision of ['1', '2']) await inbox.record(id, 't', 'a', decision);
      await inbox.forgetDiscarded(id, '1');
      assert.equal(await inbox.check(id, 'a'), 'duplicate');
      await inbox.forgetDiscarded(id, '2');
      assert.equal(await inbox.check(id, 'a'), 'new');
      for (const decision of ['3', '4']) await inbox.record(id, 't', 'a', decision);
      await inbox.forgetDiscarded(id);
      assert.equal(await inbox.check(id, 'a'), 'new');
      await inbox.record(id, 't', 'a', '5');
      await inbox.record(id, 't', 'a');
      await inbox.forgetDiscarded(id);
      assert.equal(await inbox.check(id, 'a'), 'duplicate', 'it was handled in the end');
    });

    it('takes what was handled for handled, whatever waits', async () => {
      const [inbox, id] = [open(), newId()];
      await inbox.wait(id, 't', 60_000);
      await inbox.record(id, 't', 'a');
      assert.equal(await inbox.check(id, 'a'), 'duplicate');
      await inbox.wait(id, 't', 60_000);
      assert.equal(await inbox.check(id, 'a'), 'duplicate');
    });
  });
}

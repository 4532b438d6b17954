import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId } from '#kernel';
import { BrokerVisit } from '#messaging';
import { lookAtFeed } from './feed-check.js';
import { NoAnswer } from './verdict.js';

const url = process.env['RABBITMQ_URL'];
assert.ok(url, 'RABBITMQ_URL must name a broker: run `npm test`, or start one with `npm run stack -- up`.');

describe('The feed of a SciCat that stays', () => {
  const queue = `feed.${newId()}`;
  let broker: BrokerVisit;
  before(async () => {
    broker = await BrokerVisit.begin(url, 'feed-check.int.spec');
  });
  after(() => broker.end());

  it('is missing where the broker has no such queue, and is not made by looking', async () => {
    assert.equal((await lookAtFeed({ url, queue })).result, 'MISSING');
    assert.equal(await broker.look(queue), undefined);
  });

  it('is there with nobody at it; whoever else consumes it is a reason to warn', async () => {
    await broker.declare({ exchanges: [], queues: [{ name: queue, foreign: true }], bindings: [] });
    assert.equal((await lookAtFeed({ url, queue })).result, 'ok');
    const taking = broker.takeOut(queue, 3000);
    let seen = await lookAtFeed({ url, queue });
    while (seen.result === 'ok') seen = await lookAtFeed({ url, queue });
    assert.equal(seen.result, 'WARN');
    assert.match(seen.found, /others consume it \(1\)/);
    await taking;
  });

  it('is not looked at where the broker does not let us in, and no password is told', async () => {
    const wrong = new URL(url);
    wrong.password = 'hush';
    await assert.rejects(lookAtFeed({ url: wrong.toString(), queue }), (error: Error) => {
      assert.ok(error instanceof NoAnswer);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
  });
});

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { Refusal } from '../domain/errors.js';
import { PasswordHashes } from './password-hashes.js';

/** Made by bcryptjs, with which SciCat and earlier versions of Catena made theirs. */
const older = '$2b$10$zsXDYIFP3qvJbfqTkA/AYurwtXgGx8WdsC0tbzUggZG7SjMQFavAW';
const password = 'a password of the test';

describe('Hashes of passwords', () => {
  it('are those of SciCat: older ones match, and new ones have their form', async () => {
    const hashes = new PasswordHashes();
    assert.equal(await hashes.match(password, older), true);
    assert.equal(await hashes.match(`${password}.`, older), false);
    const made = await hashes.of(password);
    assert.match(made, /^\$2b\$10\$/);
    assert.equal(await hashes.match(password, made), true);
  });

  it('match nothing where no hash is stored', async () => {
    const hashes = new PasswordHashes();
    for (const stored of ['', 'nonsense', '$2b$10$']) assert.equal(await hashes.match('', stored), false);
  });

  it('are made beside the event loop, which turns meanwhile', async () => {
    const hashes = new PasswordHashes();
    let isOver = false;
    const work = Promise.all([1, 2, 3, 4].map(() => hashes.match(password, older))).then(() => {
      isOver = true;
    });
    let turns = 0;
    while (!isOver) {
      await turn();
      turns += 1;
    }
    await work;
    assert.ok(turns > 20, `the loop turned ${turns} times during four hashes`);
  });

  it('are refused when too many wait, and taken again afterwards', async () => {
    const hashes = new PasswordHashes();
    const quick = '$2b$04$pMnIlYG.y.cUjXAx.IDvkOlir6/s2Gbj7ylzjSfYZlU9d5EChx.c6';
    const answers = await Promise.allSettled(
      Array.from({ length: 110 }, () => hashes.match('ä'.repeat(40), quick)),
    );
    const refused = answers.filter((answer) => answer.status === 'rejected');
    assert.equal(refused.length, 8, 'two at work, a hundred wait');
    for (const { reason } of refused) assert.equal((reason as Refusal).status, 503);
    assert.equal(await hashes.match('ä'.repeat(40), quick), true);
  });
});

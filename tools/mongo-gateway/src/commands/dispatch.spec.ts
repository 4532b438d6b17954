import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { deserialize, serialize } from 'bson';
import { PostgresError } from '../postgres/messages.js';
import { TurnsByName } from '../session/turns.js';
import { answer } from './dispatch.js';
import type { Services } from './services.js';

describe('A statement that lost a conflict and waits for its turn', () => {
  beforeEach(() => mock.timers.enable({ apis: ['Date'] }));
  afterEach(() => mock.timers.reset());

  /** A read that loses at first, and gets its turn so many milliseconds later. */
  async function afterTurn(milliseconds: number): Promise<{ reply: object; attempts: number }> {
    const repetitions = new TurnsByName();
    let letGo = (): void => undefined;
    const other = repetitions.take('statements of d.c', () => new Promise<void>((go) => (letGo = go)));
    let attempts = 0;
    const connection = {
      execute: async () => {
        attempts += 1;
        if (attempts === 1) throw new PostgresError('40P01', 'deadlock detected', undefined, undefined);
        return [[serialize({ ok: 1 })]];
      },
    };
    const pool = { acquire: async () => connection, release: () => undefined };
    const message = {
      ...{ requestId: 1, legacy: false, wantsReply: true, sequences: new Map(), legacyDatabase: undefined },
      body: Buffer.from(serialize({ count: 'c', $db: 'd' })),
    };
    const reply = answer(message, { id: 1, authenticated: true, conversation: undefined }, {
      pool,
      repetitions,
    } as unknown as Services);
    while (attempts === 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    mock.timers.tick(milliseconds);
    letGo();
    await other;
    return { reply: deserialize(await reply), attempts };
  }

  it('runs again when that comes in time', async () => {
    const { reply, attempts } = await afterTurn(29_000);
    assert.deepEqual([(reply as { ok: number }).ok, attempts], [1, 2]);
  });

  it('tells of the conflict when that comes too late, and takes no time of the others', async () => {
    const { reply, attempts } = await afterTurn(31_000);
    const { ok, code } = reply as { ok: number; code: number };
    assert.deepEqual([ok, code, attempts], [0, 112, 1]);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { ReconciliationRecords } from './reconciliation-records.js';
import { newRun } from './reconciliation-run.js';

const at = (milliseconds: number): Date => new Date(Date.UTC(2026, 0, 1) + milliseconds);

describe('Records of reconciliations in a database', () => {
  let mongo: MongoConnection;
  let records: ReconciliationRecords;
  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/reconciled-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, createLogger('records', 'silent'));
    records = new ReconciliationRecords(mongo);
    await records.createIndexes();
    await records.createIndexes();
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  it('give the turn to one of many that ask at the same moment, and to another one when it is over', async () => {
    const turnOf = (run: string, now: number) => ({ run, by: run, since: at(now), until: at(now + 10) });
    const names = Array.from({ length: 8 }, (_, index) => `r${index}`);
    const others = await Promise.all(names.map((run) => records.takeTurn(turnOf(run, 0), at(0))));
    const winners = names.filter((_, index) => others[index] === undefined);
    assert.equal(winners.length, 1);
    for (const other of others) if (other !== undefined) assert.equal(other.run, winners[0]);
    assert.equal(await records.renewTurn('another', at(99)), false);
    assert.equal(await records.renewTurn(winners[0]!, at(20)), true);
    assert.notEqual(await records.takeTurn(turnOf('late', 15), at(15)), undefined);
    assert.equal(await records.takeTurn(turnOf('late', 21), at(21)), undefined);
    await records.endTurn(winners[0]!);
    assert.equal((await records.turn())?.run, 'late', 'who lost the turn does not end it');
    await records.endTurn('late');
    assert.equal(await records.turn(), undefined);
  });

  it('remember since when every run has seen a thing, and forget what one did not see', async () => {
    assert.equal(await records.see('1', 's', 'a', at(0)), undefined);
    assert.equal(await records.see('1', 's', 'a', at(1)), undefined, 'twice in one run is once');
    assert.deepEqual(await records.see('2', 's', 'a', at(2)), at(0));
    await records.see('2', 's', 'b', at(2));
    await records.forgetUnseen('2', 's');
    await records.see('3', 's', 'b', at(3));
    await records.see('3', 'other', 'a', at(3));
    await records.forgetUnseen('3', 's');
    assert.equal(await records.see('4', 's', 'a', at(4)), undefined, 'run 3 did not see it');
    assert.deepEqual(await records.see('4', 's', 'b', at(4)), at(2));
    assert.deepEqual(await records.see('4', 'other', 'a', at(4)), at(3));
  });

  it('keep a run and its findings, and nothing that arrives after its end', async () => {
    const check = { name: 'things' } as never;
    const run = newRun('run', { apply: true, by: 'Ada', reason: 'r' }, [check], at(0));
    await records.begin(run);
    const finding = { kind: 'k', subject: 's', where: 'w', expected: 'e', found: 'f', remedy: 'r' };
    for (const number of [0, 1])
      await records.keep(
        'run',
        number,
        { ...finding, found: 'x'.repeat(5000), check: 'things', canRepair: true, outcome: 'repaired' },
        run.expiresAt,
      );
    run.kinds['k'] = 2;
    run.endedAt = at(9);
    await records.progress(run);
    await records.progress({ ...run, kinds: { k: 1 } });
    const found = await records.find('run');
    assert.deepEqual([found?.kinds, found?.endedAt, found?.by], [{ k: 2 }, at(9), 'Ada']);
    const kept = await records.findingsOf('run');
    assert.deepEqual(
      kept.map(({ found: text, outcome }) => [text.length, outcome]),
      [
        [500, 'repaired'],
        [500, 'repaired'],
      ],
    );
    assert.deepEqual(
      (await records.list(5)).map(({ _id }) => _id),
      ['run'],
    );
  });
});

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { MongoConnection } from '#persistence';
import { memoryCollection } from '#persistence/testing';
import type { ServiceHostOptions } from '../service-host.options.js';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from './reconciliation-check.js';
import { maxKept, ReconciliationRecords } from './reconciliation-records.js';
import { Reconciliations } from './reconciliations.js';

const finding = (subject: string, canRepair = true): Finding => ({
  ...{ kind: 'thing-odd', subject, where: 'here', expected: 'even', found: 'odd', remedy: 'made even' },
  canRepair,
});

/** Finds what the test says, and repairs as it says. */
class Things extends ReconciliationCheck {
  readonly name = 'things';
  all: readonly Finding[] = [];
  outcome: () => Promise<RepairOutcome> = () => Promise.resolve('repaired');
  before: () => Promise<unknown> = () => Promise.resolve();
  repaired: string[] = [];

  async *findings(look: Look): AsyncGenerator<Finding> {
    await this.before();
    for (const one of this.all) {
      look.looked();
      yield one;
    }
  }

  async repair({ subject }: Finding): Promise<RepairOutcome> {
    const outcome = await this.outcome();
    if (outcome === 'repaired') this.repaired.push(subject);
    return outcome;
  }
}

describe('A reconciliation', () => {
  const logger = createLogger('reconciliations.spec', 'silent');
  const word = { by: 'Ada', reason: 'a look' };
  let clock: ManualClock;
  let collections: Map<string, ReturnType<typeof memoryCollection>>;
  let things: Things;
  beforeEach(() => {
    clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    collections = new Map();
    things = new Things();
  });
  /** A process of the app: all have one database. */
  function process(...checks: ReconciliationCheck[]): Reconciliations {
    const collection = (name: string) => {
      collections.set(name, collections.get(name) ?? memoryCollection());
      return collections.get(name);
    };
    const records = new ReconciliationRecords({ connection: { collection } } as unknown as MongoConnection);
    const options = { reconcileMinAge: 1000 } as ServiceHostOptions;
    return new Reconciliations(records, clock, checks.length > 0 ? checks : [things], options, logger);
  }

  it('reports, repairs only when it is told to, and counts what became of each finding', async () => {
    things.all = [finding('a'), finding('b', false)];
    const one = process();
    const look = await one.start({ apply: false, ...word });
    assert.equal(look.state, 'running');
    await one.round();
    const [check] = (await one.state(look.id))!.checks;
    assert.deepEqual([check?.lookedAt, check?.findings, check?.repaired, things.repaired], [2, 2, 0, []]);
    const applied = await one.start({ apply: true, ...word });
    await one.round();
    const state = (await one.state(applied.id))!;
    assert.deepEqual(
      [state.state, state.by, state.reason, state.kinds],
      ['done', 'Ada', 'a look', { 'thing-odd': 2 }],
    );
    assert.deepEqual(things.repaired, ['a']);
    const outcomes = (await one.findings(applied.id)).map(({ subject, outcome }) => `${subject} ${outcome}`);
    assert.deepEqual(outcomes, ['a repaired', 'b found']);
  });

  it('keeps the first findings of a kind, and counts all of them', async () => {
    things.all = Array.from({ length: maxKept + 5 }, (_, index) => finding(`${index}`));
    const one = process();
    const { id } = await one.start({ apply: false, ...word });
    await one.round();
    assert.deepEqual((await one.state(id))!.kinds, { 'thing-odd': maxKept + 5 });
    assert.equal((await one.findings(id)).length, maxKept);
  });

  it('goes on after a finding that cannot be repaired, and after a check that cannot look', async () => {
    things.all = [finding('a')];
    things.outcome = () => Promise.reject(new Error('the share is read-only'));
    const blind = new Things();
    blind.before = () => Promise.reject(new Error('the bucket is away'));
    const one = process(blind, things);
    const { id } = await one.start({ apply: true, ...word });
    await one.round();
    const { checks, state } = (await one.state(id))!;
    assert.deepEqual(
      [state, checks.map((check) => [check.state, check.failed, check.fault])],
      [
        'done',
        [
          ['failed', 0, 'the bucket is away'],
          ['done', 1, undefined],
        ],
      ],
    );
    assert.equal((await one.findings(id))[0]?.fault, 'the share is read-only');
  });

  it('is one at a time for all processes: another is refused, and told who started this one and when', async () => {
    const [one, other] = [process(), process()];
    await one.start({ apply: false, ...word });
    await assert.rejects(other.start({ apply: true, by: 'Bob', reason: 'x' }), {
      code: 'service-host.reconciliation-under-way',
      message: /which Ada started at 2026-01-01T00:00:00.000Z/,
    });
    await one.round();
    await other.start({ apply: true, by: 'Bob', reason: 'x' });
  });

  it('shows as broken when its process died, and another one may be started', async () => {
    const [one, other] = [process(), process()];
    const { id } = await one.start({ apply: false, ...word });
    clock.advance(3_600_000);
    assert.equal((await other.state(id))?.state, 'broken');
    const next = await other.start({ apply: false, by: 'Bob', reason: 'again' });
    await other.round();
    assert.deepEqual([(await other.state(next.id))?.state, (await other.list()).length], ['done', 2]);
    // The process that had frozen wakes up: the turn of the other one stays.
    const third = await other.start({ apply: false, by: 'Bob', reason: 'again' });
    things.all = [finding('a')];
    await one.round();
    assert.equal((await other.state(third.id))?.state, 'running');
    assert.deepEqual((await other.state(id))?.checks[0]?.findings, 0, 'it looks at nothing');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  grace,
  heard,
  newcomer,
  passed,
  silence,
  type Election,
  type ElectionWord,
  type Step,
} from './election.js';

/** Tabs of one browser: each hears the others at once. */
class Tabs {
  readonly tabs = new Map<string, Election>();
  /** Frozen ones hear nothing until they wake. */
  readonly frozen = new Map<string, ElectionWord[]>();
  now = 0;

  open(...ids: readonly string[]): void {
    for (const id of ids) this.take(id, newcomer(id, this.now));
  }

  close(id: string): void {
    this.tabs.delete(id);
    this.spread({ kind: 'leave', from: id });
  }

  crash(id: string): void {
    this.tabs.delete(id);
  }

  wait(milliseconds: number): void {
    for (const end = this.now + milliseconds; this.now < end; this.now += 200)
      for (const [id, election] of this.tabs)
        if (!this.frozen.has(id)) this.take(id, passed(election, this.now));
  }

  wake(id: string): void {
    const words = this.frozen.get(id) ?? [];
    this.frozen.delete(id);
    for (const word of words) this.take(id, heard(this.of(id), word, this.now));
  }

  leaders(): string[] {
    return [...this.tabs].filter(([, { role }]) => role === 'leader').map(([id]) => id);
  }

  private of(id: string): Election {
    const election = this.tabs.get(id);
    assert.ok(election !== undefined);
    return election;
  }

  private take(id: string, { next, say }: Step): void {
    this.tabs.set(id, next);
    if (say !== undefined) this.spread(say);
  }

  private spread(word: ElectionWord): void {
    for (const [id, election] of this.tabs) {
      if (id === word.from) continue;
      const waiting = this.frozen.get(id);
      if (waiting === undefined) this.take(id, heard(election, word, this.now));
      else waiting.push(word);
    }
  }
}

describe('Tabs of a browser', () => {
  it('listen with one of them, however many open at once', () => {
    const tabs = new Tabs();
    tabs.open('c', 'a', 'b', 'e', 'd');
    assert.deepEqual(tabs.leaders(), []);
    tabs.wait(10_000);
    assert.equal(tabs.leaders().length, 1);
  });

  it('leave a new one following', () => {
    const tabs = new Tabs();
    tabs.open('m');
    tabs.wait(2000);
    tabs.open('a');
    tabs.wait(5000);
    assert.deepEqual(tabs.leaders(), ['m']);
  });

  it('have another one listen at once when that one closes', () => {
    const tabs = new Tabs();
    tabs.open('a', 'b', 'c');
    tabs.wait(3000);
    const [first = ''] = tabs.leaders();
    tabs.close(first);
    tabs.wait(grace + 400);
    assert.equal(tabs.leaders().length, 1);
  });

  it('have another one listen after a while when that one dies', () => {
    const tabs = new Tabs();
    tabs.open('a', 'b', 'c');
    tabs.wait(3000);
    const [first = ''] = tabs.leaders();
    tabs.crash(first);
    tabs.wait(silence + 2 * grace + 1000);
    assert.equal(tabs.leaders().length, 1);
    assert.notEqual(tabs.leaders()[0], first);
  });

  it('end with one listener when a frozen one wakes', () => {
    for (const sleeper of ['a', 'z']) {
      const tabs = new Tabs();
      tabs.open(sleeper);
      tabs.wait(2000);
      tabs.open('m', 'n');
      tabs.wait(2000);
      assert.deepEqual(tabs.leaders(), [sleeper]);
      tabs.frozen.set(sleeper, []);
      tabs.wait(silence + 2 * grace + 1000);
      assert.equal(tabs.leaders().length, 2, 'the sleeper does not know yet');
      tabs.wake(sleeper);
      tabs.wait(6000);
      assert.equal(tabs.leaders().length, 1, sleeper);
    }
  });
});

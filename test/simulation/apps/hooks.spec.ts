import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInStories, leftOut } from './hooks.js';
import { modules } from './settings.js';
import { Wiring } from './wiring.js';

describe('What apps do by themselves', () => {
  const classes = new Map(
    Object.values(modules).flatMap((make) =>
      [...new Wiring(make(), new Map()).classes].map((type) => [type.name, type] as const),
    ),
  );

  it('is in the stories, or stands among what is left out, with a reason', () => {
    const included = [...classes.values()].filter(isInStories).map(({ name }) => name);
    for (const name of ['WorkRunner', 'PlanningLoop', 'Dispatcher', 'OrphanClaimsSweep', 'SetAsideSweep'])
      assert.ok(included.includes(name), name);
    for (const [name, reason] of Object.entries(leftOut)) assert.ok(reason.length > 10, name);
  });

  it('leaves nothing out that there is not', () => {
    const gone = Object.keys(leftOut).filter((name) => !classes.has(name));
    assert.deepEqual(gone, []);
  });
});

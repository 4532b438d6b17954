import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { problemsOfTarget } from '../targets.js';
import './command-target.js';
import { clearScenes, scene } from '../testing/command-scene.js';

const pattern = /on (?<medium>\S+)(?: at (?<position>[0-9,]+))?/m;

describe('A command-line client that says where files lie', () => {
  after(clearScenes);

  /** A client whose `locate` prints this. */
  const saying = (words: string, exits = '') => {
    const { storage, root } = scene([], { locatePattern: pattern, mediaAtOnce: 3 }, ['locate']);
    writeFileSync(`${root}.places`, words);
    if (exits !== '') writeFileSync(`${root}.fault`, exits);
    return storage;
  };

  it('is asked for the medium, and the position if it knows that', async () => {
    assert.equal(saying('').knowsPlaces, true);
    assert.equal(saying('').mediaAtOnce, 3);
    const placeOf = (words: string) => saying(words).placeOf('p/1/00000.tar');
    assert.deepEqual(await placeOf('It is on A00017L9 at 1,250,000\n'), {
      ...{ medium: 'A00017L9', position: 1_250_000 },
    });
    assert.deepEqual(await placeOf('on A00017L9'), { medium: 'A00017L9', position: 0 });
  });

  it('knows no place where it says nothing of one, whatever it says, and where it has no such file', async () => {
    assert.equal(await saying('in the disk cache').placeOf('x'), undefined);
    assert.equal(await saying('on A', 'locate exit 8').placeOf('x'), undefined);
  });

  it('that is away is asked again later', async () => {
    await assert.rejects(saying('on A', 'locate exit 11').placeOf('x'), {
      code: 'long-term-storage.unavailable',
    });
  });

  it('without `locate` is not asked', async () => {
    const { storage } = scene();
    assert.equal(storage.knowsPlaces, false);
    assert.equal(await storage.placeOf('x'), undefined);
  });

  it('needs a pattern that finds the medium', () => {
    const commands = {
      ...{ put: ['p', '{name}', '{file}'], get: ['g', '{name}', '{file}'], stat: ['s', '{name}'] },
      ...{ remove: ['r', '{name}'], locate: ['l', '{name}'] },
    };
    const problems = (more: object): string[] =>
      problemsOfTarget({ name: 't', kind: 'command', options: { commands, spool: '/tmp', ...more } }).map(
        ({ key }) => key,
      );
    assert.deepEqual(problems({}), ['locatePattern']);
    assert.deepEqual(problems({ locatePattern: 'on (?<tape>.*)' }), ['locatePattern']);
    assert.deepEqual(problems({ locatePattern: 'on (?<medium>.*)', mediaAtOnce: 0 }), ['mediaAtOnce']);
    assert.deepEqual(problems({ locatePattern: 'on (?<medium>.*)', mediaAtOnce: 4 }), []);
  });
});

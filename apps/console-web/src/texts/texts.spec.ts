import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changers, waitOrder } from '#console-api';
import { plain } from '../parts/fill.js';
import { Formats } from '../parts/formats.js';
import { lineOf, moreOf } from '../parts/why.js';
import { textsDe } from './texts-de.js';
import { textsEn, type Texts } from './texts-en.js';
import { waitTextOf } from './wait-text.js';

const languages = { en: textsEn, de: textsDe };

type Leaf = string | ((...parameters: never[]) => string);

/** All texts by their places, those that take values too. */
function leavesOf(value: unknown, path = ''): Map<string, Leaf> {
  if (typeof value === 'string' || typeof value === 'function') return new Map([[path, value as Leaf]]);
  return new Map(
    Object.entries(value as object).flatMap(([name, inner]) => [...leavesOf(inner, `${path}.${name}`)]),
  );
}

function namesIn(template: string): string[] {
  return [...template.matchAll(/\{([A-Za-z]+)\}/g)].map(([, name = '']) => name).sort();
}

/** Facts of every name that a template has. */
function allFacts({ waits }: Texts): Record<string, string | number> {
  const names = Object.values(waits.words).flatMap(({ line, more = [] }) =>
    [...line, ...more].flatMap(namesIn),
  );
  return Object.fromEntries([...new Set(names)].map((name) => [name, `the ${name}`]));
}

describe('The texts', () => {
  it('are the same in each language, none missing and none empty', () => {
    const [en, de] = [leavesOf(textsEn), leavesOf(textsDe)];
    const withoutLines = (names: Iterable<string>): string[] =>
      [...names].filter((name) => !/[.](line|more)[.]/.test(name)).sort();
    assert.deepEqual(withoutLines(de.keys()), withoutLines(en.keys()));
    for (const [name, leaf] of [...en, ...de])
      if (typeof leaf === 'string') assert.ok(leaf.trim().length > 0, `${name} is empty`);
  });

  it('that take values have them all', () => {
    for (const [language, texts] of Object.entries(languages))
      for (const [name, leaf] of leavesOf(texts)) {
        if (typeof leaf !== 'function') continue;
        const values = Array.from({ length: leaf.length }, (_, index) => `«${index}»`);
        const said = (leaf as (...given: string[]) => string)(...values);
        assert.doesNotMatch(said, /undefined|\[object|\{/, `${language}${name}`);
        // The first value of some is a number, by which the words are chosen.
        assert.ok(
          values.some((value) => said.includes(value)),
          `${language}${name} says nothing of its values: ${said}`,
        );
      }
  });

  it('of German are not English by mistake', () => {
    const same = [...leavesOf(textsEn)].filter(([name, leaf]) => {
      const other = leavesOf(textsDe).get(name);
      return typeof leaf === 'string' && leaf === other && leaf.split(' ').length > 2;
    });
    assert.deepEqual(same, []);
  });
});

describe('Why a job waits', () => {
  for (const [language, texts] of Object.entries(languages)) {
    const f = new Formats(language, 'UTC');
    const facts = allFacts(texts);

    for (const code of [...waitOrder, 'work.brand-new'])
      it(`has a sentence for ${code} in ${language}, with facts and without`, () => {
        for (const known of [facts, {}]) {
          const said = plain(lineOf({ code, facts: known }, texts.waits, f));
          assert.ok(said.length >= 6, `${code}: ${said}`);
          assert.doesNotMatch(said, /[{}]|undefined/);
          for (const more of moreOf({ code, facts: known }, texts.waits, f))
            assert.doesNotMatch(plain(more), /[{}]|undefined/);
        }
        const { line, todo } = waitTextOf(texts.waits, code);
        assert.ok(todo.length > 10);
        if (code !== 'work.brand-new')
          assert.deepEqual(namesIn(line.at(-1) ?? ''), [], `the last line of ${code} needs no facts`);
      });

    it(`says who can change it in ${language}`, () => {
      for (const changer of changers) assert.ok(texts.waits.changers[changer].length > 5);
    });

    it(`names a code that it does not know in ${language}`, () => {
      const said = plain(lineOf({ code: 'work.brand-new', facts: { code: 'other' } }, texts.waits, f));
      assert.match(said, /work\.brand-new/);
    });
  }

  it('says the same facts in both languages', () => {
    for (const code of waitOrder) {
      const [en, de] = [textsEn.waits.words[code], textsDe.waits.words[code]];
      assert.deepEqual(de.line.map(namesIn), en.line.map(namesIn), code);
      assert.deepEqual(de.more?.map(namesIn), en.more?.map(namesIn), code);
    }
  });
});

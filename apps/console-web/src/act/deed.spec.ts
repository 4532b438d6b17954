import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { WordsProvider } from '../parts/words.js';
import { refusal, refusalForAll } from '../parts/rights.js';
import { textsEn as t } from '../texts/texts-en.js';
import { Formats } from '../parts/formats.js';
import { askedAfter, closedAfter, doneAfter, goingAfter } from './asked.js';
import {
  firstValues,
  halfFilled,
  isReason,
  troublesOf,
  type Deed,
  type Field,
  type Trouble,
  type Values,
} from './deed.js';
import { FieldInput, numberIn } from './field-input.js';
import { resultOf } from './result.js';

const text: Field = { kind: 'text', name: 'name', label: 'Name', hint: '', most: 20 };
const time: Field = { kind: 'time', name: 'until', label: 'Until', orNothing: '' };
const number: Field = { kind: 'number', name: 'n', label: 'N', first: 0, least: 0, most: 9 };

const troubleOf = (field: Field, value: Values[string]) =>
  troublesOf([field], { [field.name]: value }, new Set())[field.name];
const deed: Deed = {
  ...{ title: 'T', confirm: 'Verify', what: 'w', undo: 'u', subjects: ['a', 'b'], reason: 'none' },
  run: () => Promise.resolve(undefined),
};
const other: Deed = { ...deed };

describe('The dialog', () => {
  it('does nothing without a text that it asks for, or a time that is needed', () => {
    for (const value of [undefined, '', '  ']) assert.equal(troubleOf(text, value), 'missing');
    assert.equal(troubleOf(text, 'lts'), undefined);
    assert.equal(troubleOf(time, undefined), undefined);
    assert.equal(troubleOf({ ...time, isNeeded: true }, undefined), 'missing');
    assert.equal(troubleOf({ ...time, isNeeded: true }, '2026-11-29T12:00:00Z'), undefined);
    assert.equal(troubleOf(number, 0), undefined);
  });

  it('sends nothing of a time that is filled in by half, which a browser gives as none', () => {
    const inputs = [
      { name: 'until', validity: { badInput: true } },
      { name: 'n', validity: { badInput: false } },
      { type: 'submit' },
    ];
    const half = halfFilled(inputs);
    assert.deepEqual([...half], ['until']);
    assert.deepEqual(troublesOf([text, time, number], { name: 'a', n: 0 }, half), { until: 'half' });
    assert.deepEqual(troublesOf(undefined, {}, half), {});
  });

  it('takes an emptied number for none, and one that cannot be for what it is', () => {
    assert.deepEqual([numberIn(Number.NaN), numberIn(0), numberIn(12)], [undefined, 0, 12]);
    assert.equal(troubleOf(number, undefined), 'missing');
    for (const value of [-1, 10, 1.5]) assert.equal(troubleOf(number, value), 'range');
    assert.match(t.act.between('0', '9'), /from 0 to 9/);
  });

  it('leaves an emptied number empty, and says what is wrong with a field', () => {
    const shown = (field: Field, value: Values[string], trouble: Trouble | undefined): string => {
      const input = createElement(FieldInput, { field, value, trouble, onChange: () => undefined });
      const words = { t, f: new Formats('en', 'UTC'), now: () => new Date() };
      return renderToStaticMarkup(createElement(WordsProvider, { value: words }, input));
    };
    assert.match(shown(number, undefined, undefined), / value=""/);
    assert.match(shown(number, 0, undefined), / value="0"/);
    assert.match(shown(number, 10, 'range'), /role="alert">A whole number from 0 to 9/);
    assert.match(shown(time, undefined, 'half'), new RegExp(`role="alert">${t.act.half}`));
    assert.match(shown(time, undefined, undefined), /name="until"/);
  });

  it('begins with what holds now', () => {
    assert.deepEqual(firstValues([text, time, number]), { name: undefined, until: undefined, n: 0 });
  });

  it('takes reasons of 3 to 500 letters, where it needs one', () => {
    assert.deepEqual(
      ['', 'no', 'yes', 'x'.repeat(501)].map((reason) => isReason(reason, 'required')),
      [false, false, true, false],
    );
    assert.deepEqual(
      ['', 'no'].map((reason) => isReason(reason, 'optional')),
      [true, false],
    );
  });
});

describe('An open dialog', () => {
  const going = goingAfter(askedAfter(undefined, deed), deed, true);

  it('stays while it runs, whatever is closed or asked for', () => {
    assert.deepEqual(going, { deed, number: 1, isGoing: true });
    assert.equal(closedAfter(going), going);
    assert.equal(askedAfter(going, other).deed, deed);
    assert.equal(closedAfter(goingAfter(going, deed, false)), undefined);
    // Two dialogs, two keys.
    assert.equal(askedAfter(askedAfter(undefined, deed), other).number, 2);
  });

  it('is closed by what itself has done alone', () => {
    assert.equal(doneAfter(going, deed), undefined);
    const later = askedAfter(undefined, other);
    assert.equal(doneAfter(later, deed), later);
    assert.equal(goingAfter(later, deed, true), later);
  });
});

describe('The line that stays', () => {
  const [f, at] = [new Formats('en', 'UTC'), new Date('2026-11-29T12:00:00Z')];

  it('says what was done, with its words or its link', () => {
    const { text, ...more } = resultOf(t, f, deed, '2 of 2', at);
    assert.match(text, /^Verify · a \+1\. Done at 29 Nov 2026, 12:00/);
    assert.deepEqual(more, { more: '2 of 2' });
    assert.equal(resultOf(t, f, { ...deed, givesLink: true }, 'https://s3/c', at).link, 'https://s3/c');
  });

  it('says of what was only begun that it is not done, and where it is worked on', () => {
    const { text, ...more } = resultOf(t, f, deed, { words: 'Work w/1.', jobId: 'w' }, at);
    assert.match(text, /Begun at .*not done yet/);
    assert.doesNotMatch(text, /Done/);
    assert.deepEqual(more, { more: 'Work w/1.', begun: { jobId: 'w' } });
  });
});

describe('A right', () => {
  const session = (reach: 'all' | 'own') => ({
    ...{ username: 'anna', groups: ['p1'] },
    permissions: [{ action: 'job.link' as const, rule: '#jobOwnerUser', reach }],
  });

  it('that a person has for own records only is none for a call that asks for all', () => {
    assert.equal(refusal(session('own'), 'job.link', t), undefined);
    assert.match(refusalForAll(session('own'), 'job.link', t) ?? '', /job\.link.*all records/);
    assert.equal(refusalForAll(session('all'), 'job.link', t), undefined);
    assert.match(refusalForAll(session('all'), 'copy.repair', t) ?? '', /copy\.repair/);
  });
});

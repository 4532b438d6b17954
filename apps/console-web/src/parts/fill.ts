import { timeIn, type Formats } from './formats.js';
import { visible } from './visible.js';

type Facts = Readonly<Record<string, string | number | boolean>>;

/** A piece of a sentence: words of ours, or a value of others, which is shown apart from them. */
export interface Piece {
  readonly text: string;
  readonly isValue: boolean;
}

const sizes: readonly string[] = ['bytesDone', 'bytesTotal', 'free', 'needed', 'bytes', 'size', 'reserve'];

/** A fact in the words of a language. */
export function factText(name: string, value: string | number | boolean, formats: Formats): string {
  if (typeof value === 'number') {
    if (sizes.includes(name)) return formats.bytes(value);
    if (name === 'rate') return formats.rate(value);
    return name === 'secondsLeft' ? formats.duration(value) : formats.number(value);
  }
  if (typeof value === 'boolean') return value ? '✓' : '✗';
  const time = timeIn(value);
  return time === undefined ? visible(value) : formats.moment(time);
}

/** The template with its facts; undefined where one of them is not known. */
export function fill(template: string, facts: Facts, formats: Formats): readonly Piece[] | undefined {
  const pieces: Piece[] = [];
  let place = 0;
  for (const { 0: hole, 1: name = '', index } of template.matchAll(/\{([A-Za-z]+)\}/g)) {
    const value = Object.hasOwn(facts, name) ? facts[name] : undefined;
    if (value === undefined || value === '') return undefined;
    if (index > place) pieces.push({ text: template.slice(place, index), isValue: false });
    pieces.push({ text: factText(name, value, formats), isValue: true });
    place = index + hole.length;
  }
  if (place < template.length) pieces.push({ text: template.slice(place), isValue: false });
  return pieces;
}

/** The first of some templates that can be filled. */
export function fillFirst(templates: readonly string[], facts: Facts, formats: Formats): readonly Piece[] {
  for (const template of templates) {
    const pieces = fill(template, facts, formats);
    if (pieces !== undefined) return pieces;
  }
  return [];
}

export function plain(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join('');
}

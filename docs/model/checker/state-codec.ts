import type { Part } from './model.js';

/** Writes states as short texts, one letter a number, and reads them again: equal states have equal texts. */
export interface StateCodec<State extends object> {
  encode(state: State): string;
  /** @returns a new state */
  decode(text: string): State;
}

/**
 * Made for one shape, as a program that names each number: states are written and read tens of millions of times, and a walk over
 * their fields takes three times as long.
 *
 * @param shape any state of the model
 */
export function codecFor<State extends object>(shape: State): StateCodec<State> {
  const places: string[] = [];
  const literal = literalOf(shape as Part, 'state', places);
  const letters = places.map((place) => `${place} + 1`).join(', ');
  return {
    encode: new Function('state', `return String.fromCharCode(${letters});`) as (state: State) => string,
    decode: new Function('text', `return ${literal};`) as (text: string) => State,
  };
}

/** A literal that reads the part from a text; appends where each of its numbers is. */
function literalOf(part: Part, place: string, places: string[]): string {
  if (typeof part === 'number') return `text.charCodeAt(${places.push(place) - 1}) - 1`;
  if (isList(part))
    return `[${part.map((item, index) => literalOf(item, `${place}[${index}]`, places)).join(', ')}]`;
  const fields = Object.entries(part).map(
    ([field, value]) => `${field}: ${literalOf(value, `${place}.${field}`, places)}`,
  );
  return `{ ${fields.join(', ')} }`;
}

function isList(part: Part): part is readonly Part[] {
  return Array.isArray(part);
}

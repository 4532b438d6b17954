import type { Part } from './model.js';

/** Writes states as short texts, one letter a number, and reads them again: equal states have equal texts. */
export class StateCodec<State extends object> {
  private readonly letters: number[] = [];
  private text = '';
  private at = 0;

  /** @param shape any state of the model */
  constructor(private readonly shape: State) {}

  encode(state: State): string {
    this.letters.length = 0;
    this.write(state as Part);
    return String.fromCharCode.apply(null, this.letters);
  }

  /** @returns a new state */
  decode(text: string): State {
    this.text = text;
    this.at = 0;
    return this.read(this.shape as Part) as State;
  }

  private write(part: Part): void {
    if (typeof part === 'number') this.letters.push(part + 1);
    else if (isList(part)) for (let index = 0; index < part.length; index += 1) this.write(part[index]!);
    else for (const field in part) this.write(part[field]!);
  }

  private read(shape: Part): Part {
    if (typeof shape === 'number') return this.text.charCodeAt(this.at++) - 1;
    if (isList(shape)) {
      const list: Part[] = [];
      for (let index = 0; index < shape.length; index += 1) list.push(this.read(shape[index]!));
      return list;
    }
    const record: Record<string, Part> = {};
    for (const field in shape) record[field] = this.read(shape[field]!);
    return record;
  }
}

function isList(part: Part): part is readonly Part[] {
  return Array.isArray(part);
}

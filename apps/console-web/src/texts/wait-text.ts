import type { Changer, WaitWord } from '#console-api';

/** What a wait code says to people. Templates have names of facts in braces; one whose facts are not all known is left out. */
export interface WaitText {
  /** From the one that says most to the one that needs no facts; the first that can be filled is shown. */
  readonly line: readonly [...string[], string];
  /** What more is said where it is known. */
  readonly more?: readonly string[];
  /** For who may change it. */
  readonly todo: string;
}

export interface WaitTexts {
  readonly words: Readonly<Record<WaitWord, WaitText>>;
  /** Of a code that this version does not know: `{code}`. */
  readonly unknown: WaitText;
  /** Of what is being done. */
  readonly phases: Readonly<Record<string, string>>;
  readonly changers: Readonly<Record<Changer, string>>;
}

/** Codes of newer apps are told as they come. */
export function waitTextOf({ words, unknown }: WaitTexts, code: string): WaitText {
  return Object.hasOwn(words, code) ? words[code as WaitWord] : unknown;
}

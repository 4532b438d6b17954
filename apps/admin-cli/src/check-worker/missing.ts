/** What a check found: the worker does not do what the protocol asks for. */
export class Missing extends Error {}

/** @throws Missing with a sentence for the worker's author, unless it is so */
export function expect(isSo: boolean, sentence: string): asserts isSo {
  if (!isSo) throw new Missing(sentence);
}

const copiesInWords = ['one', 'two', 'three', 'four'];

/** Copies on long-term storage that a job asks for, as SciCat's clients write them: a word, or a number. Anything else asks for none. */
export function tapeCopiesOf({ tapeCopies }: Readonly<Record<string, unknown>>): number | undefined {
  if (typeof tapeCopies !== 'string' && typeof tapeCopies !== 'number') return undefined;
  const written = String(tapeCopies).trim().toLowerCase();
  const word = copiesInWords.indexOf(written);
  const copies = word < 0 ? Number(written) : word + 1;
  return Number.isInteger(copies) && copies >= 1 && copies <= copiesInWords.length ? copies : undefined;
}

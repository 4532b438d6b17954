import type { ReactElement } from 'react';
import type { ToldFact, Why } from '#console-api';
import { waitTextOf, type WaitTexts } from '../texts/wait-text.js';
import { fill, fillFirst, type Piece } from './fill.js';
import type { Formats } from './formats.js';
import { Icon } from './icons.js';
import { missingText } from './missing-text.js';
import { Sentence } from './said.js';
import { useWords, wordOf } from './words.js';

/** What holds a job up, in a sentence with its facts. */
export function lineOf(
  fact: Pick<ToldFact, 'code' | 'facts'>,
  texts: WaitTexts,
  f: Formats,
): readonly Piece[] {
  return fillFirst(waitTextOf(texts, fact.code).line, factsInWords(fact, texts), f);
}

/** What more is known of it, as far as the first sentence has not said it. */
export function moreOf(
  fact: Pick<ToldFact, 'code' | 'facts'>,
  texts: WaitTexts,
  f: Formats,
): readonly (readonly Piece[])[] {
  return (waitTextOf(texts, fact.code).more ?? [])
    .map((template) => fill(template, factsInWords(fact, texts), f))
    .filter((pieces) => pieces !== undefined);
}

/** In words of ours where they are some; of a code that has none here its name is one of the facts, of others `code` is that of the error. */
function factsInWords(
  { code, facts }: Pick<ToldFact, 'code' | 'facts'>,
  { words, phases }: WaitTexts,
): ToldFact['facts'] {
  const { phase } = facts;
  return {
    ...facts,
    ...(typeof phase === 'string' ? { phase: wordOf(phases, phase) } : {}),
    ...(Object.hasOwn(words, code) ? {} : { code }),
  };
}

/** One line in a list. */
export function WhyLine({ why }: { readonly why: Why }): ReactElement | null {
  const { t, f } = useWords();
  const { headline, missing } = why;
  if (headline === undefined) {
    const [silent] = missing;
    return silent === undefined ? null : (
      <span className="why-line soft">
        <Icon shape="clock" />
        <span>{missingText(silent, t, f)}</span>
      </span>
    );
  }
  const runs = headline.code === 'work.running';
  return (
    <span className={`why-line ${runs ? 'busy' : headline.changeable === 'nobody' ? 'calm' : 'wait'}`}>
      <Icon shape={runs ? 'half' : 'clock'} />
      <span>
        <Sentence pieces={lineOf(headline, t.waits, f)} />
      </span>
    </span>
  );
}

import { useState, type ReactElement } from 'react';
import type { Piece } from './fill.js';
import { beginning, visible } from './visible.js';
import { useWords } from './words.js';

interface SaidProps {
  readonly text: string | undefined;
  /** Letters that are shown at first. */
  readonly most?: number;
  /** As it is laid out, in letters of one width. */
  readonly isCode?: boolean;
}

/** A text of others: apart from the words around it, with its invisible letters shown, and cut where it is long. */
export function Said({ text = '', most = 400, isCode = false }: SaidProps): ReactElement | null {
  const { t, f } = useWords();
  const [isWhole, setWhole] = useState(false);
  if (text === '') return null;
  const { text: shown, isCut } = beginning(text, most);
  const words = visible(isWhole ? text : shown);
  return (
    <>
      <bdi className={isCode ? 'mono said' : 'said'}>{isCut && !isWhole ? `${words}…` : words}</bdi>
      {isCut && (
        <button type="button" className="inline" onClick={() => setWhole(!isWhole)} aria-expanded={isWhole}>
          {isWhole ? t.words.showLess : t.words.showAll(f.number(text.length))}
        </button>
      )}
    </>
  );
}

/** A sentence of ours with values of others in it. */
export function Sentence({ pieces }: { readonly pieces: readonly Piece[] }): ReactElement {
  return (
    <>
      {pieces.map(({ text, isValue }, index) =>
        isValue ? (
          <bdi key={index} className="fact">
            {beginning(text, 300).text}
          </bdi>
        ) : (
          text
        ),
      )}
    </>
  );
}

import type { ReactElement } from 'react';
import type { PublicationRow } from '../calls/running-shapes.js';
import { Status } from '../parts/status.js';
import { useWords } from '../parts/words.js';
import { stepsOf, type StepShown } from './standing.js';

const looks: Readonly<Record<StepShown['state'], string>> = {
  ...{ done: 'done', 'not-done': 'not-done', next: 'runs', blocked: 'failed', later: 'waiting' },
};

/** The way to what is wanted of a publication, and how far it has come. */
export function StepList({ publication }: { readonly publication: PublicationRow }): ReactElement | null {
  const { t } = useWords();
  const steps = stepsOf(publication);
  if (steps.length === 0) return null;
  return (
    <ol className="plain parts steps">
      {steps.map(({ name, state }) => (
        <li key={name} className="part" aria-current={state === 'next' ? 'step' : undefined}>
          <span className="part-name">{t.publication.stepWords[name]}</span>
          <span className="part-state">
            <Status code={looks[state]} word={t.publication.stepStates[state]} />
          </span>
        </li>
      ))}
    </ol>
  );
}

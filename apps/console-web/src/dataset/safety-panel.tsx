import type { ReactElement } from 'react';
import { Icon, type Shape } from '../parts/icons.js';
import type { Formats } from '../parts/formats.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import type { Texts } from '../texts/texts-en.js';
import type { Safety } from './safety.js';

interface SafetyPanelProps {
  readonly safety: Safety;
  /** Whether the catalogue says that it can be retrieved. */
  readonly isListed: boolean;
}

interface Said {
  readonly look: 'good' | 'wait' | 'stop' | 'calm';
  readonly shape: Shape;
  readonly line: string;
  readonly more?: string;
}

/** One sentence that says whether the dataset is safe. */
export function SafetyPanel({ safety, isListed }: SafetyPanelProps): ReactElement {
  const { t } = useWords();
  const { look, shape, line, more } = useSaid(safety, isListed);
  return (
    <section className={`card why safety ${look}`} aria-live="polite">
      <p className="headline">
        <Icon shape={shape} />
        <span>{line}</span>
      </p>
      {more !== undefined && more !== '' && <p>{more}</p>}
      {safety.kind === 'good' && safety.oldest !== undefined && (
        <p className="soft small">
          {t.dataset.safeSince} <When at={safety.oldest} />.
        </p>
      )}
    </section>
  );
}

function useSaid(safety: Safety, isListed: boolean): Said {
  const { t, f } = useWords();
  const { dataset } = t;
  switch (safety.kind) {
    case 'unknown':
      return { look: 'wait', shape: 'clock', line: dataset.notAll, more: dataset.notAllMore };
    case 'none':
      return isListed
        ? { look: 'stop', shape: 'triangle', line: dataset.notArchived, more: dataset.listed }
        : { look: 'calm', shape: 'ring', line: dataset.notArchived, more: dataset.notArchivedMore };
    case 'good': {
      const { copies, isWhole, files } = safety;
      const more = moreOf(safety, t, f);
      if (!isWhole) return { look: 'wait', shape: 'clock', line: dataset.safeSoFar(f.number(copies)), more };
      if (files.kind === 'all')
        return { look: 'good', shape: 'tick', line: dataset.safe(copies, f.number(copies)), more };
      const line = files.kind === 'some' ? dataset.partly : dataset.safeKnown(copies, f.number(copies));
      return { look: 'wait', shape: files.kind === 'some' ? 'triangle' : 'clock', line, more };
    }
    case 'bad': {
      const { bad, repairing, lost, isWhole } = safety;
      const more = moreOf(safety, t, f);
      if (lost !== undefined && lost > 0)
        return { look: 'stop', shape: 'cross', line: dataset.allBad(lost, f.number(lost)), more };
      if (!isWhole) {
        const line = bad > 0 ? dataset.badSoFar(f.number(bad)) : dataset.repairingSoFar(f.number(repairing));
        return { look: 'wait', shape: 'triangle', line, more };
      }
      const line =
        bad > 0 ? dataset.bad(bad, f.number(bad)) : dataset.repairing(repairing, f.number(repairing));
      return { look: 'wait', shape: 'triangle', line, more };
    }
  }
}

/** How many good copies there are of what has fewest, and of how many files. */
function moreOf(
  safety: Extract<Safety, { readonly kind: 'good' | 'bad' }>,
  { dataset }: Texts,
  f: Formats,
): string {
  const { fewest = 0, files } = safety;
  // Of the only copy the line above has said it.
  const isSaid = fewest === 0 || (safety.kind === 'good' && safety.copies === 1);
  return [
    ...(isSaid ? [] : [dataset.fewest(fewest, f.number(fewest))]),
    ...(files.kind === 'some' ? [dataset.partlyOf(f.number(files.archived), f.number(files.all))] : []),
    ...(files.kind === 'unknown' ? [dataset.filesUnknown] : []),
  ].join(' ');
}

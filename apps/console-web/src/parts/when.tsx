import type { ReactElement } from 'react';
import { timeIn } from './formats.js';
import { useTicks } from './ticker.js';
import { useWords } from './words.js';

/** How long ago, or in how long; the exact time with its zone in the tooltip. */
export function When({
  at,
  exact = false,
}: {
  readonly at: unknown;
  readonly exact?: boolean;
}): ReactElement {
  const { t, f, now } = useWords();
  useTicks();
  const time = timeIn(at);
  if (time === undefined) return <span className="soft">{t.time.unknown}</span>;
  return (
    <time dateTime={time.toISOString()} title={f.exactly(time)} className="when">
      {exact ? f.moment(time) : f.relative(time, now())}
    </time>
  );
}

import type { ReactElement } from 'react';
import { Said } from '../parts/said.js';
import { CodeText } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';

interface FaultLineProps {
  readonly fault: { readonly code: string; readonly message: string; readonly at?: string | undefined };
}

/** What went wrong: its code, which opens to what that means and what to do, and the sentence that came with it. */
export function FaultLine({ fault: { code, message, at } }: FaultLineProps): ReactElement {
  const { t } = useWords();
  return (
    <details className="fault">
      <summary>
        <code>{visible(code)}</code>{' '}
        {at !== undefined && (
          <span className="soft">
            <When at={at} />
          </span>
        )}
        <span className="hidden">{t.states.meaning}</span>
      </summary>
      <p className="sub bad">
        <Said text={message} most={300} />
      </p>
      <CodeText code={code} />
    </details>
  );
}

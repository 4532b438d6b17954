import { Suspense, type ReactElement } from 'react';
import { later } from './later.js';
import type { RefusedButtonProps } from './refused-button.js';

interface ActButtonProps {
  readonly text: string;
  /** Why it cannot be done; absent: it can. */
  readonly refusal?: string | undefined;
  readonly onAct: () => void;
  readonly isDanger?: boolean;
  readonly isMain?: boolean;
}

const RefusedButton = later(async () => (await import('./refused-button.js')).RefusedButton, PlainRefused);

/** A button that says why it is disabled: it keeps its focus, so that the keyboard finds the reason, too. */
export function ActButton({
  text,
  refusal,
  onAct,
  isDanger = false,
  isMain = false,
}: ActButtonProps): ReactElement {
  const look = `button${isMain ? '' : ' quiet'}${isDanger ? ' danger' : ''}`;
  if (refusal === undefined)
    return (
      <button type="button" className={look} onClick={onAct}>
        {text}
      </button>
    );
  const refused = { text, refusal, look };
  return (
    <Suspense fallback={<PlainRefused {...refused} />}>
      <RefusedButton {...refused} />
    </Suspense>
  );
}

function PlainRefused({ text, refusal, look }: RefusedButtonProps): ReactElement {
  return (
    <button type="button" className={look} aria-disabled="true" aria-description={refusal} title={refusal}>
      {text}
    </button>
  );
}

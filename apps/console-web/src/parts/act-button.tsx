import { Tooltip } from '@base-ui/react/tooltip';
import type { ReactElement } from 'react';

interface ActButtonProps {
  readonly text: string;
  /** Why it cannot be done; absent: it can. */
  readonly refusal?: string | undefined;
  readonly onAct: () => void;
  readonly isDanger?: boolean;
  readonly isMain?: boolean;
}

/** A button that says why it is disabled: it keeps its focus, so that the keyboard finds the reason, too. */
export function ActButton({ text, refusal, onAct, isDanger = false, isMain = false }: ActButtonProps): ReactElement {
  const look = `button ${isMain ? '' : 'quiet'} ${isDanger ? 'danger' : ''}`;
  if (refusal === undefined)
    return (
      <button type="button" className={look} onClick={onAct}>
        {text}
      </button>
    );
  return (
    <Tooltip.Root>
      <Tooltip.Trigger
        className={look}
        aria-disabled="true"
        aria-description={refusal}
        delay={150}
        onClick={(event) => event.preventDefault()}
      >
        {text}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6}>
          <Tooltip.Popup className="tooltip">{refusal}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

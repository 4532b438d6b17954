import { Tooltip } from '@base-ui/react/tooltip';
import { useState, type ReactElement } from 'react';

export interface RefusedButtonProps {
  readonly text: string;
  readonly refusal: string;
  readonly look: string;
}

/** A disabled button whose reason is shown to the pointer, to the keyboard, and to a finger, which cannot hover. */
export function RefusedButton({ text, refusal, look }: RefusedButtonProps): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <Tooltip.Root open={isOpen} onOpenChange={setOpen}>
      <Tooltip.Trigger
        className={look}
        aria-disabled="true"
        aria-description={refusal}
        delay={150}
        closeOnClick={false}
        onClick={(event) => {
          event.preventDefault();
          setOpen(true);
        }}
      >
        {text}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Positioner className="floating" sideOffset={6}>
          <Tooltip.Popup className="tooltip">{refusal}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

import { Dialog } from '@base-ui/react/dialog';
import type { ReactElement } from 'react';
import { useWords } from '../parts/words.js';

/** What the keyboard does. */
export function KeysHelp({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { t } = useWords();
  const { keys } = t;
  const rows: readonly (readonly [readonly string[], string])[] = [
    [['/'], keys.find],
    [['g', 'h'], keys.home],
    [['g', 'j'], keys.jobs],
    [['g', 'w'], keys.work],
    [['g', 's'], keys.storage],
    [['g', 'l'], keys.limits],
    [['g', 'm'], keys.messages],
    [['g', 'q'], keys.queues],
    [['g', 'p'], keys.publications],
    [['g', 'a'], keys.audit],
    [['g', 'u'], keys.me],
    [['j'], keys.down],
    [['k'], keys.up],
    [['Enter'], keys.open],
    [['x'], keys.mark],
    [['.'], keys.actions],
    [['?'], keys.help],
  ];
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Viewport className="dialog-place">
          <Dialog.Popup className="dialog narrow">
            <Dialog.Title className="dialog-title">{keys.title}</Dialog.Title>
            <dl className="keys">
              {rows.map(([letters, text]) => (
                <div key={text}>
                  <dt>
                    {letters.map((letter, index) => (
                      <span key={letter}>
                        {index > 0 && <span className="soft"> {keys.then} </span>}
                        <kbd>{letter}</kbd>
                      </span>
                    ))}
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
            <Dialog.Close className="close" aria-label={t.words.close}>
              ×
            </Dialog.Close>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import type { OfApp } from '../calls/app-pages.js';
import type { ShareRow } from '../calls/archive-shapes.js';
import { verifyOldestDeed } from '../copies/copy-deeds.js';
import { ActButton } from '../parts/act-button.js';
import { timeIn } from '../parts/formats.js';
import { refusalForAll } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { Failed } from '../parts/states.js';
import { useWords } from '../parts/words.js';
import { oldestOn } from './oldest.js';

interface OldestButtonProps {
  readonly share: OfApp<ShareRow>;
  /** When the copy that was proven longest ago was proven, where that was counted. */
  readonly oldest: string | undefined;
}

/** Looks for the oldest copies first, so that the dialog names those that it asks for. */
export function OldestButton({ share: { app, name }, oldest }: OldestButtonProps): ReactElement {
  const { t, f, now } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const client = useQueryClient();
  const [look, setLook] = useState<'under-way' | 'nothing' | { readonly error: unknown }>();
  const begin = async (): Promise<void> => {
    if (look === 'under-way') return;
    setLook('under-way');
    try {
      const copies = await oldestOn(client, { app, share: name, oldest: timeIn(oldest) }, now());
      setLook(copies.length === 0 ? 'nothing' : undefined);
      if (copies.length > 0) ask(verifyOldestDeed(t, f, { share: name, copies }));
    } catch (error) {
      setLook({ error });
    }
  };
  return (
    <>
      <ActButton
        text={look === 'under-way' ? t.states.loading : t.storage.verifyOldest}
        refusal={refusalForAll(session, 'copy.verify', t)}
        onAct={() => void begin()}
      />
      {look === 'nothing' && (
        <p className="soft small" role="status">
          {t.storage.noOldest}
        </p>
      )}
      {typeof look === 'object' && <Failed error={look.error} title={t.storage.oldestFailed} />}
    </>
  );
}

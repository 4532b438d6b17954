import type { ReactElement } from 'react';
import type { Deed } from '../act/deed.js';
import type { OfApp } from '../calls/app-pages.js';
import type { RetrievedRow } from '../calls/archive-shapes.js';
import { ActButton } from '../parts/act-button.js';
import { refusalForAll } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { useWords } from '../parts/words.js';
import { extendDeed, linkDeed } from './retrieved-deeds.js';

interface RetrievedButtonsProps {
  readonly copy: Pick<OfApp<RetrievedRow>, 'app' | 'id' | 'state'>;
  readonly onAsk: (deed: Deed) => void;
}

/** What operators may do with one retrieved copy that is there. */
export function RetrievedButtons({ copy, onAsk }: RetrievedButtonsProps): ReactElement {
  const { t, f } = useWords();
  const { session } = useHere();
  const notThere = copy.state === 'present' ? undefined : t.dataset.notThereYet;
  return (
    <div className="buttons small">
      <ActButton
        text={t.dataset.extend}
        refusal={refusalForAll(session, 'retrieved.extend', t) ?? notThere}
        onAct={() => onAsk(extendDeed(t, f, copy))}
      />
      <ActButton
        text={t.dataset.link}
        refusal={refusalForAll(session, 'job.link', t) ?? notThere}
        onAct={() => onAsk(linkDeed(t, copy))}
      />
    </div>
  );
}

import { useEffect, type ReactElement, type ReactNode } from 'react';
import { useHere } from '../parts/session.js';
import { useWords } from '../parts/words.js';

interface PageProps {
  readonly title: string;
  /** What the heading says, where it says more than the title. */
  readonly heading?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page with its heading; the window gets its title. */
export function Page({ title, heading, lead, actions, children }: PageProps): ReactElement {
  const { t } = useWords();
  const { settings } = useHere();
  useEffect(() => {
    document.title = t.title(title, settings.brand.name);
  }, [t, title, settings.brand.name]);
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{heading ?? title}</h1>
          {lead !== undefined && <p className="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="buttons">{actions}</div>}
      </div>
      {children}
    </>
  );
}

import { useId, type ReactElement, type ReactNode } from 'react';

interface PanelProps {
  readonly title: string;
  /** By which the address leads to it. */
  readonly anchor?: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a page under a heading of its own, which readers can jump to. */
export function Panel({ title, anchor, lead, actions, children }: PanelProps): ReactElement {
  const id = useId();
  return (
    <section className="card panel" id={anchor} aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id}>{title}</h2>
        {actions !== undefined && <div className="buttons">{actions}</div>}
      </div>
      {lead !== undefined && <p className="soft small">{lead}</p>}
      {children}
    </section>
  );
}

import type { ReactElement, ReactNode } from 'react';
import { Failed, Loading, Stale } from '../parts/states.js';

interface Question<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly dataUpdatedAt: number;
  readonly refetch: () => unknown;
}

interface AskedProps<Data> {
  readonly question: Question<Data>;
  /** Lines of the skeleton. */
  readonly rows?: number;
  /** What the fault is called. */
  readonly title?: string;
  readonly children: (data: Data) => ReactNode;
}

/** What was asked for: on its way, failed, as old as it is while new answers fail, or there. */
export function Asked<Data>({ question, rows = 4, title, children }: AskedProps<Data>): ReactElement {
  const { data, error, isPending, dataUpdatedAt, refetch } = question;
  if (isPending) return <Loading rows={rows} />;
  if (data === undefined)
    return <Failed error={error} again={() => void refetch()} {...(title === undefined ? {} : { title })} />;
  return (
    <>
      <Stale at={dataUpdatedAt} error={error} />
      {children(data)}
    </>
  );
}

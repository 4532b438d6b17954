import { useInfiniteQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import { retrievedQuery } from '../calls/archive-queries.js';
import { isAllOf, retrievedIn } from '../calls/archive-rows.js';
import type { Download } from '../calls/shapes.js';
import { Failed } from '../parts/states.js';
import { useWords } from '../parts/words.js';
import { RetrievedButtons } from './retrieved-buttons.js';

interface DownloadButtonsProps {
  readonly jobId: string;
  readonly download: Download;
  /** Otherwise archivers are asked when a person wants it: each dataset is a question to all of them, and again with each news. */
  readonly asksAtOnce: boolean;
}

/** What operators may do with the copy behind a link of a job, where an archiver still has it. */
export function DownloadButtons({ jobId, download, asksAtOnce }: DownloadButtonsProps): ReactElement | null {
  const { datasetId, archiveId } = download;
  const { t } = useWords();
  const ask = useAct();
  const [isWanted, setWanted] = useState(false);
  const isAsked = asksAtOnce || isWanted;
  const list = useInfiniteQuery({ ...retrievedQuery(datasetId), enabled: isAsked });
  const { data, error, isPending, hasNextPage, refetch } = list;
  if (!isAsked)
    return (
      <button type="button" className="button quiet" onClick={() => setWanted(true)}>
        {t.dataset.forOperators}
      </button>
    );
  const rows = data === undefined ? [] : retrievedIn(data.pages);
  // A part of a datablock has a name of its own, by which only its job knows it.
  const copy =
    rows.find((row) => row.archiveId === archiveId && row.jobs?.includes(jobId) === true) ??
    rows.find(({ id }) => id === archiveId);
  if (copy !== undefined) return <RetrievedButtons copy={copy} onAsk={ask} />;
  if (!isWanted) return null;
  if (isPending) return <span className="soft small">{t.states.loading}</span>;
  if (data === undefined) return <Failed error={error} again={() => void refetch()} />;
  const isKnown = isAllOf(data.pages) && !hasNextPage;
  return <span className="soft small">{isKnown ? t.dataset.copyGone : t.storage.notAll}</span>;
}

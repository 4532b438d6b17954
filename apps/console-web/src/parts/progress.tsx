import type { ReactElement } from 'react';
import type { ShownProgress } from '#console-api';
import { useWords } from './words.js';

/** Of bytes; of datasets where no bytes are known. */
function shareOf({ bytesDone, bytesTotal, datasetsDone, datasetsTotal }: ShownProgress): number {
  if (bytesTotal > 0) return Math.min(1, bytesDone / bytesTotal);
  return datasetsTotal > 0 ? Math.min(1, datasetsDone / datasetsTotal) : 0;
}

export function ProgressBar({ progress }: { readonly progress: ShownProgress }): ReactElement {
  const { t, f } = useWords();
  const share = shareOf(progress);
  return (
    <span className="progress">
      <progress value={share} max={1} aria-label={t.job.progress} />
      <span className="num">{f.percent(share)}</span>
    </span>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ShownJob } from '#console-api';
import { useAct } from '../act/acts.js';
import { downloadsQuery } from '../calls/queries.js';
import type { Download } from '../calls/shapes.js';
import { DownloadButtons } from '../copies/download-buttons.js';
import { renewDeed } from '../copies/retrieved-deeds.js';
import { ActButton } from '../parts/act-button.js';
import { Panel } from '../lists/panel.js';
import { isOperator, refusal } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { Failed, Loading } from '../parts/states.js';
import { isOver } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { safeLink } from '../parts/safe-link.js';

/** Of more links than that, operators find what they may do at the datasets. */
const few = 20;

/** Links to retrieved copies, each with its end, and how to have them for longer. */
export function Downloads({ job }: { readonly job: ShownJob }): ReactElement | null {
  const { t } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const has = job.type === 'retrieve' && isOver(job.statusCode);
  const { data, error, isPending, refetch } = useQuery({ ...downloadsQuery(job.id), enabled: has });
  if (!has || data?.length === 0) return null;
  const isSteered = isOperator(session) && data !== undefined && data.length <= few;
  // One question of the whole page, not one of each dataset.
  const isOne = new Set(data?.map(({ datasetId }) => datasetId)).size <= 1;
  return (
    <Panel
      title={t.job.downloads}
      actions={
        data !== undefined && (
          <ActButton
            text={t.dataset.renew}
            refusal={refusal(session, 'retrieved.extend', t, job)}
            onAct={() => ask(renewDeed(t, job.id))}
          />
        )
      }
    >
      {isPending ? (
        <Loading rows={2} />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <ul className="plain parts">
          {data.map((download) => (
            <li className="part" key={download.url}>
              <DownloadName download={download} />
              <span className="part-state">
                <DownloadLink download={download} />
                {isSteered && <DownloadButtons jobId={job.id} download={download} asksAtOnce={isOne} />}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

interface DownloadProps {
  readonly download: Download;
}

function DownloadName({ download: { name, datasetId, packedSize } }: DownloadProps): ReactElement {
  const { f } = useWords();
  return (
    <span className="part-name">
      <bdi>{visible(name ?? datasetId)}</bdi>
      <span className="sub">
        <Link to="/datasets/$pid" params={{ pid: datasetId }}>
          <bdi>{visible(datasetId)}</bdi>
        </Link>
        {packedSize !== undefined && ` · ${f.bytes(packedSize)}`}
      </span>
    </span>
  );
}

function DownloadLink({ download: { url, expiresAt } }: DownloadProps): ReactElement {
  const { t, now } = useWords();
  const link = safeLink(url);
  const isGone = Date.parse(expiresAt) <= now().getTime();
  return (
    <>
      {isGone ? (
        <span className="soft">{t.job.expired}</span>
      ) : link === undefined ? (
        <span className="soft">{t.job.noLink}</span>
      ) : (
        <a className="button quiet" href={link} rel="noreferrer noopener" download>
          {t.job.download}
        </a>
      )}
      <span className="sub">
        <When at={expiresAt} exact />
      </span>
    </>
  );
}

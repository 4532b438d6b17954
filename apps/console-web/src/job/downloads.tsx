import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import type { ShownJob } from '#console-api';
import { downloadsQuery } from '../calls/queries.js';
import { Failed, Loading } from '../parts/states.js';
import { isOver } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { safeLink } from './safe-link.js';

/** Links to retrieved copies, each with its end. */
export function Downloads({ job }: { readonly job: ShownJob }): ReactElement | null {
  const { t, f, now } = useWords();
  const has = job.type === 'retrieve' && isOver(job.statusCode);
  const { data, error, isPending, refetch } = useQuery({ ...downloadsQuery(job.id), enabled: has });
  if (!has || data?.length === 0) return null;
  return (
    <section className="card">
      <h2>{t.job.downloads}</h2>
      {isPending ? (
        <Loading rows={2} />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <ul className="plain parts">
          {data.map(({ url, name, datasetId, packedSize, expiresAt }) => {
            const link = safeLink(url);
            const isGone = Date.parse(expiresAt) <= now().getTime();
            return (
              <li className="part" key={url}>
                <span className="part-name">
                  <bdi>{visible(name ?? datasetId)}</bdi>
                  {packedSize !== undefined && <span className="sub">{f.bytes(packedSize)}</span>}
                </span>
                <span className="part-state">
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
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

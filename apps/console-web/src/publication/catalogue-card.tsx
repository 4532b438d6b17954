import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { catalogueRecordQuery, catalogueStatusQuery } from '../calls/running-queries.js';
import type { CatalogueStatus } from '../calls/running-shapes.js';
import { Said } from '../parts/said.js';
import { Failed, Loading } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import { Problems } from '../publications/publication-table.js';

/** Datasets that are named; the catalogue has all of them. */
const maxDatasets = 100;

/** What the catalogue says of a publication to who may see it there: its author reads here why its DOI is not there yet. */
export function CatalogueCard({ doi }: { readonly doi: string }): ReactElement | null {
  const { t } = useWords();
  const { data, error, isPending, refetch } = useQuery(catalogueStatusQuery(doi));
  if (data === null) return null;
  return (
    <section className="card facts" aria-labelledby="catalogue">
      <h2 id="catalogue">{t.publication.catalogue}</h2>
      {isPending ? (
        <Loading />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} title={t.publication.catalogueAway} />
      ) : (
        <>
          <RecordTitle doi={doi} />
          <CatalogueFacts status={data} />
          <Datasets doi={doi} />
        </>
      )}
    </section>
  );
}

function RecordTitle({ doi }: { readonly doi: string }): ReactElement | null {
  const { data } = useQuery(catalogueRecordQuery(doi));
  if (data?.title === undefined) return null;
  return (
    <p className="strong">
      <Said text={data.title} most={300} />
    </p>
  );
}

function CatalogueFacts({ status }: { readonly status: CatalogueStatus }): ReactElement {
  const { t } = useWords();
  const { status: word, version, doiState, embargoUntil, registration: known, withdrawal } = status;
  return (
    <>
      <dl className="pairs">
        {word !== undefined && <Pair name={t.publication.status}>{visible(word)}</Pair>}
        {doiState !== undefined && (
          <Pair name={t.publications.doi}>{visible(wordOf(t.publication.doiStates, doiState))}</Pair>
        )}
        {version !== undefined && version > 0 && <Pair name={t.publications.version}>{String(version)}</Pair>}
        {embargoUntil !== undefined && (
          <Pair name={t.publication.embargo}>
            <When at={embargoUntil} exact />
          </Pair>
        )}
        {known !== undefined && (
          <Pair name={t.publication.registration}>
            <Status
              code={known.state === 'confirmed' ? 'done' : known.state === 'refused' ? 'failed' : 'runs'}
              word={visible(wordOf(t.publication.registrationStates, known.state ?? ''))}
            />
            {known.step !== undefined && known.state === 'pending' && (
              <p>{visible(wordOf(t.publication.registrationSteps, known.step))}</p>
            )}
            {known.message !== undefined && (
              <p>
                <Said text={known.message} most={300} />
              </p>
            )}
          </Pair>
        )}
        {withdrawal !== undefined && (
          <Pair name={t.publication.withdrawn}>
            <When at={withdrawal.at} />{' '}
            <q>
              <Said text={withdrawal.reason} most={300} />
            </q>
          </Pair>
        )}
      </dl>
      <Problems problems={known?.problems} />
    </>
  );
}

function Pair({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Datasets({ doi }: { readonly doi: string }): ReactElement | null {
  const { t, f } = useWords();
  const { data } = useQuery(catalogueRecordQuery(doi));
  if (data === undefined || data === null) return null;
  const pids = data.datasetPids ?? [];
  return (
    <>
      <h3>{t.publication.datasets}</h3>
      {pids.length === 0 ? (
        <p className="soft">{t.publication.noDatasets}</p>
      ) : (
        <ul className="plain">
          {pids.slice(0, maxDatasets).map((pid) => (
            <li key={pid}>
              <Link to="/datasets/$pid" params={{ pid }} activeProps={{}}>
                <bdi>{visible(pid)}</bdi>
              </Link>
            </li>
          ))}
          {pids.length > maxDatasets && <li>{t.jobs.andMore(f.number(pids.length - maxDatasets))}</li>}
        </ul>
      )}
    </>
  );
}

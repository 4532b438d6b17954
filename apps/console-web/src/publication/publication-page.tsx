import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { isOfKind } from '#console-api';
import { useAct } from '../act/acts.js';
import { catalogueStatusQuery, publicationQuery, type PublicationOfApp } from '../calls/running-queries.js';
import { safeLink } from '../parts/safe-link.js';
import { ActButton } from '../parts/act-button.js';
import { CopyButton } from '../parts/copy-button.js';
import { isOperator, refusal } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Empty, Failed, Loading, Stale } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import { compareDeed, retryDeed } from '../publications/publication-deeds.js';
import { PublicationStanding } from '../publications/publication-table.js';
import { Recalls } from '../publications/recall-list.js';
import { Page } from '../shell/page.js';
import { CatalogueCard } from './catalogue-card.js';
import { PlaceTable } from './place-table.js';
import { StepList } from './step-list.js';

const route = getRouteApi('/publications/$doi');

/** All about one publication: where it stands, for operators with what each place has confirmed. */
export function PublicationPage(): ReactElement {
  const { t } = useWords();
  const { doi } = route.useParams();
  const { session, settings } = useHere();
  const sees = isOperator(session);
  const publishers = settings.apps.filter((app) => isOfKind(app, 'publisher'));
  const found = useQuery({ ...publicationQuery(publishers, doi), enabled: sees });
  const catalogue = useQuery(catalogueStatusQuery(doi));
  const isPending = catalogue.isPending || (sees && found.isPending);
  const publication = found.data ?? undefined;
  const isNowhere = catalogue.data === null && publication === undefined && found.error === null;
  return (
    <Page
      title={t.publication.heading(visible(doi))}
      heading={
        <>
          {t.publication.title} <bdi className="id">{visible(doi)}</bdi>
        </>
      }
      actions={<PublicationActions doi={doi} publication={publication} url={catalogue.data?.landingPage} />}
    >
      {isPending ? (
        <Loading rows={8} />
      ) : isNowhere ? (
        <Empty title={t.publication.notFound} more={t.publication.notFoundMore} />
      ) : (
        <div className={catalogue.data === null ? undefined : 'columns'}>
          <div>
            {found.data === undefined && found.error !== null && (
              <Failed error={found.error} again={() => void found.refetch()} />
            )}
            {publication !== undefined && (
              <>
                <Stale at={found.dataUpdatedAt} error={found.error} />
                <PublisherCards publication={publication} />
              </>
            )}
            {!sees && <p className="soft">{t.publication.noOperator}</p>}
          </div>
          <aside>
            <CatalogueCard doi={doi} />
          </aside>
        </div>
      )}
    </Page>
  );
}

interface PublicationActionsProps {
  readonly doi: string;
  /** Absent for who sees only the catalogue's view, or while it is not known. */
  readonly publication: PublicationOfApp | undefined;
  /** The public page, as the catalogue has it. */
  readonly url: string | undefined;
}

function PublicationActions({ doi, publication, url }: PublicationActionsProps): ReactElement {
  const { t, f } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const page = safeLink(url ?? publication?.registry?.url ?? '');
  return (
    <>
      {page !== undefined && (
        <a href={page} className="button quiet" rel="noreferrer" target="_blank">
          {t.publication.landingPage} ↗
        </a>
      )}
      <CopyButton label={t.publication.copy} text={() => doi} />
      {publication !== undefined && (
        <>
          <ActButton
            text={`${t.publications.compare}…`}
            refusal={refusal(session, 'publication.compare', t)}
            onAct={() => ask(compareDeed(t, f, publication.app))}
          />
          <ActButton
            text={`${t.publications.retry}…`}
            refusal={refusal(session, 'publication.retry', t)}
            isMain={publication.blocked !== undefined}
            onAct={() => ask(retryDeed(t, publication.app, doi))}
          />
        </>
      )}
    </>
  );
}

function PublisherCards({ publication }: { readonly publication: PublicationOfApp }): ReactElement {
  const { t, f } = useWords();
  const { doi, wanted, publishedAt, withdrawal, unsent = 0, blocked } = publication;
  return (
    <>
      <section className={`card why ${blocked === undefined ? 'busy' : 'wait'}`} aria-labelledby="standing">
        <h2 id="standing">{t.publications.columns.status}</h2>
        <PublicationStanding publication={publication} />
      </section>
      <section className="card" aria-labelledby="steps">
        <h2 id="steps">{t.publication.steps}</h2>
        <dl className="pairs">
          {wanted !== undefined && (
            <>
              <dt>{t.publication.wanted}</dt>
              <dd>
                <bdi>{visible(wordOf(t.publication.wantedWords, wanted))}</bdi>
              </dd>
            </>
          )}
          {publishedAt !== undefined && (
            <>
              <dt>{t.publication.published}</dt>
              <dd>
                <When at={publishedAt} />
              </dd>
            </>
          )}
          {withdrawal !== undefined && (
            <>
              <dt>{t.publication.withdrawn}</dt>
              <dd>
                <When at={withdrawal.at} />{' '}
                <q>
                  <Said text={withdrawal.reason} most={300} />
                </q>
                {withdrawal.replacedBy !== undefined && (
                  <p>
                    {t.publication.replacedBy} <bdi>{visible(withdrawal.replacedBy)}</bdi>
                  </p>
                )}
              </dd>
            </>
          )}
          {unsent > 0 && (
            <>
              <dt>{t.publication.unsent}</dt>
              <dd>{f.number(unsent)}</dd>
            </>
          )}
        </dl>
        <StepList publication={publication} />
      </section>
      <PlaceTable publication={publication} />
      <section className="card" aria-labelledby="recalls-of">
        <h2 id="recalls-of">{t.publication.recallsOf}</h2>
        <Recalls search={{ doi }} />
      </section>
    </>
  );
}

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, type ReactElement } from 'react';
import { isOfKind, type ConsoleJobs } from '#console-api';
import { call, CallFault, inPath, queryText } from '../calls/call.js';
import type { JobOverview, ParkedMessage } from '../calls/shapes.js';
import { isOperator } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { beginning, visible } from '../parts/visible.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { wantedIn, type Wanted } from './find-target.js';

const route = getRouteApi('/go/$what');

type Found =
  | { readonly kind: 'job'; readonly id: string }
  | { readonly kind: 'dataset'; readonly pid: string }
  | { readonly kind: 'publication'; readonly doi: string }
  | { readonly kind: 'message'; readonly app: string; readonly id: string };

/** Finds the page of a job, a dataset, a DOI or a message. */
export function FindPage(): ReactElement {
  const { t } = useWords();
  const { what } = route.useParams();
  const { session, settings } = useHere();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['find', what],
    queryFn: ({ signal }) =>
      found(wantedIn(what, settings.apps), isOperator(session) ? settings.apps : [], signal),
    retry: false,
  });
  const [first, ...others] = data ?? [];
  if (first !== undefined && others.length === 0) return <GoThere key={what} found={first} />;
  return (
    <Page title={t.find.title}>
      {isPending ? (
        <>
          <p className="soft">{t.find.looking(visible(beginning(what, 200).text))}</p>
          <Loading />
        </>
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : first === undefined ? (
        <Empty title={t.find.none} more={t.find.noneMore} />
      ) : (
        <section className="card">
          <h2>{t.find.several}</h2>
          <ul className="plain">
            {data.map((one, index) => (
              <li key={index}>
                <FoundLink found={one} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </Page>
  );
}

function GoThere({ found: one }: { readonly found: Found }): ReactElement {
  const navigate = useNavigate();
  // Once: the address of what was found takes the place of the question's.
  const place = useRef(one);
  useEffect(() => {
    const { current } = place;
    switch (current.kind) {
      case 'job':
        return void navigate({ to: '/jobs/$id', params: { id: current.id }, replace: true });
      case 'dataset':
        return void navigate({ to: '/datasets/$pid', params: { pid: current.pid }, replace: true });
      case 'publication':
        return void navigate({
          ...{ to: '/publications/$doi', replace: true },
          params: { doi: current.doi },
        });
      case 'message':
        return void navigate({
          ...{ to: '/messages/$app/$id', replace: true },
          params: { app: current.app, id: current.id },
        });
    }
  }, [navigate]);
  return <Loading />;
}

function FoundLink({ found: one }: { readonly found: Found }): ReactElement {
  const { t } = useWords();
  switch (one.kind) {
    case 'job':
      return (
        <Link to="/jobs/$id" params={{ id: one.id }}>
          {t.jobs.columns.job} <code>{visible(one.id)}</code>
        </Link>
      );
    case 'dataset':
      return (
        <Link to="/datasets/$pid" params={{ pid: one.pid }}>
          {t.dataset.title} <code>{visible(one.pid)}</code>
        </Link>
      );
    case 'publication':
      return (
        <Link to="/publications/$doi" params={{ doi: one.doi }}>
          {t.find.doi} <code>{visible(one.doi)}</code>
        </Link>
      );
    case 'message':
      return (
        <Link to="/messages/$app/$id" params={{ app: one.app, id: one.id }}>
          {t.messages.title} <code>{visible(`${one.app}/${one.id}`)}</code>
        </Link>
      );
  }
}

/** Asks for everything that it can be, at once. What is not there, or not to be seen, is not found. */
async function found(
  { id, pid, doi, message }: Wanted,
  apps: readonly string[],
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const looks: Promise<Found | undefined>[] = [];
  if (id !== undefined) {
    const path = `catalogue/jobs/${inPath(id)}/overview?limit=1`;
    looks.push(there(call<JobOverview>(path, { signal }), () => ({ kind: 'job', id })));
  }
  if (pid !== undefined) looks.push(dataset(pid, signal));
  if (doi !== undefined) looks.push(...publicationLooks(doi, apps, signal));
  const messages = message === undefined ? apps.map((app) => ({ app, id: id ?? '' })) : [message];
  for (const one of messages.filter(({ app, id: ofOne }) => ofOne !== '' && apps.includes(app))) {
    const path = `operations/${inPath(one.app)}/parking-lot/${inPath(one.id)}`;
    looks.push(there(call<ParkedMessage>(path, { signal }), () => ({ kind: 'message', ...one })));
  }
  const results = await Promise.allSettled(looks);
  const all = withoutDoubles(
    results.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : [])),
  );
  const failed = results.find((one) => one.status === 'rejected');
  // An app that is away may have it; but what was found was found.
  if (all.length === 0 && failed !== undefined) throw failed.reason;
  return all;
}

/** One that the catalogue has, or that jobs speak of: it may have been removed since. */
async function dataset(pid: string, signal: AbortSignal): Promise<Found | undefined> {
  const one = call<{ readonly pid?: unknown } | null>(`catalogue/datasets/${inPath(pid)}`, { signal });
  const known = await there(one, (body) =>
    typeof body?.pid === 'string' ? { kind: 'dataset', pid } : undefined,
  );
  if (known !== undefined) return known;
  const jobs = call<ConsoleJobs>(`jobs${queryText({ pid, limit: 1 })}`, { signal });
  return there(jobs, ({ items }) => (items.length === 0 ? undefined : { kind: 'dataset', pid }));
}

function withoutDoubles(all: readonly Found[]): readonly Found[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** The catalogue shows it to its author, a publisher to operators: it is one page, whoever has it. */
function publicationLooks(
  doi: string,
  apps: readonly string[],
  signal: AbortSignal,
): readonly Promise<Found | undefined>[] {
  const paths = [
    `catalogue/publisheddata/${inPath(doi)}/publication`,
    ...apps
      .filter((app) => isOfKind(app, 'publisher'))
      .map((app) => `operations/${inPath(app)}/publications/${inPath(doi)}`),
  ];
  return paths.map((path) => there(call<object>(path, { signal }), () => ({ kind: 'publication', doi })));
}

async function there<Body>(
  answer: Promise<Body>,
  what: (body: Body) => Found | undefined,
): Promise<Found | undefined> {
  try {
    return what(await answer);
  } catch (error) {
    if (error instanceof CallFault && [400, 403, 404].includes(error.status)) return undefined;
    throw error;
  }
}

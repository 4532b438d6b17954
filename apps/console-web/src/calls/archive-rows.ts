import { isOfKind, type FromAllApps, type MissingApp, type Page } from '#console-api';
import { rowsOf, type OfApp } from './app-pages.js';
import { isLater, toldOnce, type ToldRow } from './told-once.js';
import type {
  AsideRow,
  CopyRow,
  PauseRow,
  RetrievalsRow,
  RetrievedRow,
  ScrubRow,
  ShareRow,
} from './archive-shapes.js';

type Answers<Row> = readonly Pick<FromAllApps<Page<Row>>, 'answers'>[];

/** Rows that have the texts by which they are shown: an app may be newer, and tell of what this page does not know. */
function whole<Row extends object>(
  pages: Answers<Row>,
  ...names: readonly (keyof Row & string)[]
): readonly OfApp<Row>[] {
  return rowsOf<Row>(pages).filter((row) => names.every((name) => typeof row[name] === 'string'));
}

const inOne = <Row>(from: Answers<Row>[number] | undefined): Answers<Row> =>
  from === undefined ? [] : [from];

/** What other apps are called: they have no copies. Of a name that is none of them nobody knows what it has. */
const others = ['catalog-api', 'job-assembler', 'publisher', 'publication-server', 'console'];

type Asked = Pick<FromAllApps<unknown>, 'missing' | 'without'>;

/**
 * Who could have had something to tell, and did not: apps that may be archivers and are missing, and archivers without such a call.
 *
 * @param told what the page says already
 */
export function archiversIn(from: readonly Asked[], told: readonly MissingApp[] = []): readonly MissingApp[] {
  const missing = from.flatMap((one) => one.missing);
  const old = from
    .flatMap(({ without }) => without)
    .filter((app) => isOfKind(app, 'archiver'))
    .map((app): MissingApp => ({ app, code: 'app.refused', message: 'no such call', since: '' }));
  const each = new Map([...old, ...missing].map((one) => [one.app, one]));
  return [...each.values()].filter(
    ({ app, code }) =>
      !others.some((kind) => isOfKind(String(app), kind)) &&
      !told.some((one) => one.app === app && one.code === code),
  );
}

/** Whether what was told is all there is: one archiver has told at least, and none is missing. */
export function isAllOf(
  from: readonly Pick<FromAllApps<unknown>, 'answers' | 'missing' | 'without'>[],
): boolean {
  return from.some(({ answers }) => answers.length > 0) && archiversIn(from).length === 0;
}

export function sharesIn(from: Answers<ShareRow>[number] | undefined): readonly OfApp<ShareRow>[] {
  return whole(inOne(from), 'name', 'state');
}

export function scrubsIn(from: Answers<ScrubRow>[number] | undefined): readonly OfApp<ScrubRow>[] {
  return whole(inOne(from), 'target');
}

export function copiesIn(pages: Answers<CopyRow>): readonly ToldRow<CopyRow>[] {
  return toldOnce<CopyRow>(whole(pages, 'archiveId', 'pid', 'share', 'state'), {
    sameBy: ({ archiveId, share, pid, bytes, verifiedAt }) => [archiveId, share, pid, bytes, verifiedAt],
    later: laterOf,
  });
}

/** What was found last; of one look what is not good. */
function laterOf(one: CopyRow, other: CopyRow): CopyRow {
  if (isLater(other.checkedAt, one.checkedAt)) return other;
  return one.state === 'verified' && !isLater(one.checkedAt, other.checkedAt) ? other : one;
}

export function retrievedIn(pages: Answers<RetrievedRow>): readonly ToldRow<RetrievedRow>[] {
  return toldOnce<RetrievedRow>(whole(pages, 'id', 'state'), {
    sameBy: ({ id, archiveId, pid, bytes, expiresAt }) => [id, archiveId, pid, bytes, expiresAt],
  });
}

/** @param shares of all archivers: only one that has the share can reach the file */
export function asidesIn(
  from: Answers<AsideRow>[number] | undefined,
  shares: readonly OfApp<Pick<ShareRow, 'name'>>[],
): readonly ToldRow<AsideRow>[] {
  const files = toldOnce<AsideRow>(whole(inOne(from), '_id', 'share', 'archiveId', 'pid', 'state'), {
    sameBy: ({ _id, share, archiveId, pid, setAsideAt }) => [_id, share, archiveId, pid, setAsideAt],
  });
  return files.map((file) => withShare(file, shares));
}

/** The retrieval area of each database, with the archivers that told of it: what they have in common they count alike. */
export function areasIn(
  answers: FromAllApps<RetrievalsRow>['answers'],
): readonly ToldRow<{ readonly area: RetrievalsRow }>[] {
  return toldOnce(
    answers.map(({ app, body }) => ({ app, area: body })),
    { sameBy: ({ area }) => [area] },
  );
}

/** Of the apps that told of something on a share the one that has the share; any, where none is known to have it. */
function withShare<Row extends ToldRow<{ readonly share: string }>>(
  row: Row,
  shares: readonly OfApp<Pick<ShareRow, 'name'>>[],
): Row {
  const app = row.apps.find((one) => shares.some((share) => share.app === one && share.name === row.share));
  return app === undefined ? row : { ...row, app };
}

export function pausesIn(pauses: readonly Partial<PauseRow>[]): readonly PauseRow[] {
  return pauses.filter(
    (one): one is PauseRow =>
      typeof one?.id === 'string' && typeof one.scope === 'string' && typeof one.by === 'string',
  );
}

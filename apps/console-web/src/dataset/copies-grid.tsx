import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import type { CopyRow } from '../calls/archive-shapes.js';
import { databasesOf, type ToldRow } from '../calls/told-once.js';
import { repairDeed, verifyDeed } from '../copies/copy-deeds.js';
import { ActButton } from '../parts/act-button.js';
import { refusalForAll } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { ListEnd, type MoreRows } from '../lists/list-end.js';
import { Sheet } from '../lists/sheet.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';

type Copy = ToldRow<CopyRow>;
type DatabaseOf = (app: string) => string;

interface CopiesGridProps {
  readonly copies: readonly Copy[];
  /** The list that they are of. */
  readonly list: MoreRows;
  /** Whether all archivers have told. */
  readonly isAll: boolean;
}

interface Datablock {
  readonly archiveId: string;
  /** That of the archivers that have it: another one may have a datablock of the same name. */
  readonly database: string;
  readonly copies: readonly Copy[];
}

/** Datablocks, and what is known of the copy of each on each share. */
export function CopiesGrid({ copies, list, isAll }: CopiesGridProps): ReactElement {
  const { t, f } = useWords();
  const databaseOf = databasesOf(copies);
  const places = placesOf(copies, databaseOf);
  const isNamed = new Set(places.map(({ database }) => database)).size > 1;
  const datablocks = datablocksOf(copies, databaseOf);
  return (
    <>
      <Sheet
        caption={t.dataset.copiesCaption}
        rows={datablocks}
        keyOf={({ database, archiveId }) => `${database}\n${archiveId}`}
        hasMore={list.hasNextPage}
        columns={[
          { label: t.dataset.datablock, cell: (datablock) => <DatablockName datablock={datablock} /> },
          ...places.map(({ database, share }) => ({
            label: t.dataset.copyOn(isNamed ? `${visible(share)} (${visible(database)})` : visible(share)),
            cell: ({ database: here, copies: own }: Datablock) => {
              const copy = here === database ? own.find((one) => one.share === share) : undefined;
              return copy === undefined ? (
                <span className="soft">{t.dataset.noCopyHere}</span>
              ) : (
                <CopyCell copy={copy} />
              );
            },
          })),
        ]}
      />
      <ListEnd
        shown={t.words.count(datablocks.length, f.number(datablocks.length))}
        more={t.dataset.more}
        whole={isAll ? `· ${t.dataset.end}` : ''}
        lists={[list]}
      />
    </>
  );
}

function DatablockName({ datablock }: { readonly datablock: Datablock }): ReactElement {
  const { t, f } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const { archiveId, copies } = datablock;
  const [first] = copies;
  return (
    <>
      <bdi className="mono">{visible(archiveId)}</bdi>
      {first !== undefined && (
        <>
          <span className="sub">{f.bytes(first.bytes)}</span>
          <div className="buttons small">
            <ActButton
              text={t.dataset.verify}
              refusal={refusalForAll(session, 'copy.verify', t)}
              onAct={() => ask(verifyDeed(t, first))}
            />
          </div>
        </>
      )}
    </>
  );
}

function CopyCell({ copy }: { readonly copy: Copy }): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const { state, finding, checkedAt, verifiedAt } = copy;
  const isGood = state === 'verified';
  return (
    <>
      <Status code={state} word={wordOf(t.copyStates, state)} />
      {!isGood && (
        <span className="sub">
          {t.dataset.checked} <When at={checkedAt} />
        </span>
      )}
      <span className="sub">
        {t.dataset.proven} <When at={verifiedAt} />
      </span>
      {finding !== undefined && (
        <span className="sub bad">
          <Said text={finding} most={240} />
        </span>
      )}
      {!isGood && (
        <div className="buttons small">
          <ActButton
            text={t.dataset.repair}
            refusal={
              refusalForAll(session, 'copy.repair', t) ??
              (state === 'repairing' ? t.dataset.inRepair : undefined)
            }
            isDanger
            onAct={() => ask(repairDeed(t, copy))}
          />
        </div>
      )}
    </>
  );
}

interface Place {
  readonly share: string;
  readonly database: string;
}

/** Shares in the order of their names, those of archivers with databases of their own apart. */
function placesOf(copies: readonly Copy[], databaseOf: DatabaseOf): readonly Place[] {
  const places = new Map(
    copies.map(({ app, share }) => [`${databaseOf(app)}\n${share}`, { database: databaseOf(app), share }]),
  );
  return [...places.values()].sort((one, other) =>
    `${one.share}\n${one.database}`.localeCompare(`${other.share}\n${other.database}`),
  );
}

function datablocksOf(copies: readonly Copy[], databaseOf: DatabaseOf): readonly Datablock[] {
  const byId = new Map<string, { readonly database: string; readonly copies: Copy[] }>();
  for (const copy of copies) {
    const database = databaseOf(copy.app);
    const key = `${database}\n${copy.archiveId}`;
    const own = byId.get(key) ?? { database, copies: [] };
    own.copies.push(copy);
    byId.set(key, own);
  }
  return [...byId.values()].map((one) => ({ ...one, archiveId: one.copies[0]!.archiveId }));
}

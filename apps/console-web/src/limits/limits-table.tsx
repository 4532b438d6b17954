import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import type { Limits, Override } from '../calls/archive-shapes.js';
import { ActButton } from '../parts/act-button.js';
import { Panel } from '../lists/panel.js';
import { refusalForAll } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Sheet } from '../lists/sheet.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { changeLimitDeed, resetLimitDeed } from './limit-deeds.js';
import { limitName } from './limit-words.js';

interface LimitsTableProps {
  readonly app: string;
  readonly limits: Limits;
  /** Of this very answer; without one nothing can be changed. */
  readonly etag: string | undefined;
}

interface Row {
  readonly name: string;
  readonly configured: number;
  readonly override: Override | undefined;
  /** Slots that are taken; of each group the most that one of them has. */
  readonly used: number;
}

/** Each limit: what is configured, what holds now and who said so, and what is used of it. */
export function LimitsTable({ app, limits, etag }: LimitsTableProps): ReactElement {
  const { t, f } = useWords();
  return (
    <Panel title={t.limits.table}>
      <Sheet
        caption={t.limits.caption}
        rows={rowsOf(limits)}
        keyOf={({ name }) => name}
        columns={[
          { label: t.limits.limit, cell: ({ name }) => <bdi>{limitName(t, name)}</bdi> },
          { label: t.limits.used, cell: (row) => <Used row={row} /> },
          { label: t.limits.configured, cell: ({ configured }) => f.number(configured), isNumber: true },
          {
            label: t.limits.now,
            cell: ({ configured, override }) => (
              <span className={override === undefined ? undefined : 'strong'}>
                {f.number(override?.value ?? configured)}
              </span>
            ),
            isNumber: true,
          },
          { label: t.limits.changedBy, cell: ({ override }) => <ChangedBy override={override} /> },
          { label: t.me.action, cell: (row) => <LimitButtons app={app} row={row} etag={etag} /> },
        ]}
      />
      <p className="soft small">{t.limits.whole}</p>
    </Panel>
  );
}

function rowsOf({ configured, override, used }: Limits): readonly Row[] {
  return Object.entries(configured)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => ({
      ...{ name, configured: value, override: Object.hasOwn(override, name) ? override[name] : undefined },
      used:
        name === 'global'
          ? used.global
          : name === 'perGroup'
            ? Math.max(0, ...Object.values(used.groups))
            : (used.targets[name] ?? 0),
    }));
}

function Used({ row: { name, configured, override, used } }: { readonly row: Row }): ReactElement {
  const { t, f } = useWords();
  const value = override?.value ?? configured;
  const isFull = used >= value;
  return (
    <span className="slots">
      <progress
        value={value === 0 ? 1 : Math.min(1, used / value)}
        max={1}
        aria-label={`${limitName(t, name)}: ${t.limits.used}`}
      />
      <span className="num">
        {t.limits.ofValue(f.number(used), f.number(value))}
        {isFull && <span className="sub wait-word">{t.limits.full}</span>}
      </span>
    </span>
  );
}

function ChangedBy({ override }: { readonly override: Override | undefined }): ReactElement {
  const { t } = useWords();
  if (override === undefined) return <span className="soft">–</span>;
  const { by, at, reason, until } = override;
  return (
    <>
      <bdi className="strong">{visible(String(by))}</bdi> <When at={at} />
      <span className="sub">
        <q>
          <Said text={reason} most={200} />
        </q>
      </span>
      <span className="sub">
        {until === undefined ? (
          t.limits.untilSaid
        ) : (
          <>
            {t.limits.back} <When at={until} />
          </>
        )}
      </span>
    </>
  );
}

interface LimitButtonsProps {
  readonly app: string;
  readonly row: Row;
  readonly etag: string | undefined;
}

function LimitButtons({ app, row, etag }: LimitButtonsProps): ReactElement {
  const { t, f } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const { name, configured, override } = row;
  const limit = { app, name, configured, etag: etag ?? '', value: override?.value ?? configured };
  const refused =
    refusalForAll(session, 'limits.set', t) ?? (etag === undefined ? t.limits.noTag : undefined);
  return (
    <div className="buttons small">
      <ActButton text={t.limits.change} refusal={refused} onAct={() => ask(changeLimitDeed(t, f, limit))} />
      {override !== undefined && (
        <ActButton text={t.limits.reset} refusal={refused} onAct={() => ask(resetLimitDeed(t, f, limit))} />
      )}
    </div>
  );
}

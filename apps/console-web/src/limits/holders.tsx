import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Limits } from '../calls/archive-shapes.js';
import { Panel } from '../lists/panel.js';
import { Sheet } from '../lists/sheet.js';
import { Empty } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';

/** Which groups have slots. */
export function HoldersPanel({ groups }: { readonly groups: Limits['used']['groups'] }): ReactElement {
  const { t, f } = useWords();
  const rows = Object.entries(groups).sort(
    ([one, slots], [other, others]) => others - slots || one.localeCompare(other),
  );
  return (
    <Panel title={t.limits.holders}>
      {rows.length === 0 ? (
        <Empty title={t.limits.noHolders} more={t.limits.holdersMore} />
      ) : (
        <>
          <Sheet
            caption={t.limits.holdersCaption}
            rows={rows}
            keyOf={([group]) => group}
            columns={[
              {
                label: t.limits.group,
                cell: ([group]) =>
                  group === '' ? (
                    <span className="soft">{t.limits.noGroup}</span>
                  ) : (
                    <Link to="/jobs" search={{ group, unfinished: 'true' }} data-main>
                      <bdi>{visible(group)}</bdi>
                    </Link>
                  ),
              },
              { label: t.limits.slots, cell: ([, slots]) => f.number(slots), isNumber: true },
            ]}
          />
          <p className="soft small">{t.limits.whole}</p>
        </>
      )}
    </Panel>
  );
}

/** Work that is planned and has no slot, by what it waits for. */
export function PlannedPanel({ limits }: { readonly limits: Limits }): ReactElement {
  const { t, f } = useWords();
  const { planned, oldestPlanned = {} } = limits;
  const rows = Object.entries(planned);
  return (
    <Panel title={t.limits.planned}>
      {rows.length === 0 ? (
        <Empty title={t.limits.noPlanned} more={t.limits.plannedMore} />
      ) : (
        <>
          <Sheet
            caption={t.limits.plannedCaption}
            rows={rows}
            keyOf={([lane]) => lane}
            columns={[
              { label: t.limits.lane, cell: ([lane]) => <bdi>{visible(lane)}</bdi> },
              { label: t.limits.count, cell: ([, count]) => f.number(count), isNumber: true },
              { label: t.limits.oldest, cell: ([lane]) => <When at={oldestPlanned[lane]} /> },
            ]}
          />
          <p className="soft small">{t.limits.whole}</p>
        </>
      )}
    </Panel>
  );
}

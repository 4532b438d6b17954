import type { ReactElement } from 'react';
import type { OpenMessages, OwnQueue } from '../calls/running-shapes.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import type { AppFlow } from './flow.js';

/** One app: the services it needs, its queues, and what it sent that is not settled. */
export function AppFlowCard({ flow }: { readonly flow: AppFlow }): ReactElement {
  const { t } = useWords();
  const { app, queues, open, dependencies = {} } = flow;
  const id = `flow-${app}`;
  return (
    <section className="card" aria-labelledby={id}>
      <h2 id={id}>
        <bdi>{visible(app)}</bdi>
      </h2>
      <ul className="plain tags">
        {Object.entries(dependencies)
          // Apps tell figures beside these, which other pages show.
          .filter(([, state]) => state === 'up' || state === 'down')
          .map(([name, state]) => (
            <li key={name} className="tag">
              <bdi>{visible(name)}</bdi>{' '}
              <Status
                code={state === 'up' ? 'done' : 'failed'}
                word={state === 'up' ? t.queues.up : t.queues.down}
              />
            </li>
          ))}
      </ul>
      {queues === undefined ? (
        <p className="soft">{t.queues.unknownQueues}</p>
      ) : (
        <QueueTable app={app} queues={queues} />
      )}
      {open === undefined ? (
        <p className="soft">{t.queues.unknownOutbox}</p>
      ) : open.length === 0 ? (
        <p className="soft">{t.queues.outboxEmpty}</p>
      ) : (
        <OutboxTable app={app} open={open} />
      )}
    </section>
  );
}

interface QueueTableProps {
  readonly app: string;
  readonly queues: readonly OwnQueue[];
}

function QueueTable({ app, queues }: QueueTableProps): ReactElement {
  const { t } = useWords();
  const { columns } = t.queues;
  const rows = withRetriesAsOne(queues);
  return (
    <>
      <table className="rows plain-table stacked queues" aria-rowcount={rows.length + 1}>
        <caption className="hidden">{t.queues.caption(visible(app))}</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">{columns.queue}</th>
            <th scope="col" className="num">
              {columns.messages}
            </th>
            <th scope="col" className="num">
              {columns.consumers}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((queue, index) => (
            <QueueRow key={queue.name} queue={queue} index={index} />
          ))}
        </tbody>
      </table>
      <p className="soft small">{t.queues.whole}</p>
    </>
  );
}

/** Those of retries, one for each pause, are one row: all are there, and together they say how much is tried again. */
function withRetriesAsOne(queues: readonly OwnQueue[]): readonly OwnQueue[] {
  const isPlain = ({ purpose, messages }: OwnQueue): boolean => purpose === 'retry' && messages !== undefined;
  const retries = queues.filter(isPlain);
  if (retries.length < 2) return queues;
  const messages = retries.reduce((sum, queue) => sum + (queue.messages ?? 0), 0);
  const name = retries.map((queue) => queue.name).join(', ');
  return [...queues.filter((queue) => !isPlain(queue)), { name, purpose: 'retry', messages }];
}

/** A queue of messages that nobody takes is loud. */
function QueueRow({ queue, index }: { readonly queue: OwnQueue; readonly index: number }): ReactElement {
  const { t, f } = useWords();
  const { name, purpose, messages, consumers = 0 } = queue;
  const isTimed = purpose === 'retry';
  const isStuck = messages === undefined || (!isTimed && messages > 0 && consumers === 0);
  return (
    <tr data-row aria-rowindex={index + 2} className={isStuck ? 'loud' : undefined}>
      <td>
        {wordOf(t.queues.purposes, purpose)}
        <bdi className="sub mono">{visible(name)}</bdi>
      </td>
      <td className="num" data-label={t.queues.columns.messages}>
        {messages === undefined ? <Status code="failed" word={t.queues.gone} /> : f.number(messages)}
      </td>
      <td className="num" data-label={t.queues.columns.consumers}>
        {isTimed ? (
          <span className="soft">{t.queues.timed}</span>
        ) : consumers === 0 ? (
          <Status code={isStuck ? 'failed' : 'waits'} word={t.queues.noConsumer} />
        ) : (
          f.number(consumers)
        )}
      </td>
    </tr>
  );
}

interface OutboxTableProps {
  readonly app: string;
  readonly open: readonly OpenMessages[];
}

function OutboxTable({ app, open }: OutboxTableProps): ReactElement {
  const { t, f } = useWords();
  const { outboxColumns: columns } = t.queues;
  const oldestFirst = [...open].sort((one, other) => Date.parse(one.oldest) - Date.parse(other.oldest));
  return (
    <>
      <h3>{t.queues.outboxCaption(visible(app))}</h3>
      <table className="rows plain-table stacked outbox" aria-rowcount={open.length + 1}>
        <caption className="hidden">{t.queues.outboxCaption(visible(app))}</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">{columns.type}</th>
            <th scope="col">{columns.consumer}</th>
            <th scope="col" className="num">
              {columns.count}
            </th>
            <th scope="col">{columns.oldest}</th>
          </tr>
        </thead>
        <tbody>
          {oldestFirst.map(({ type, consumer, state, count, oldest }, index) => (
            <tr key={`${type}/${consumer ?? ''}/${state}`} data-row aria-rowindex={index + 2}>
              <td>
                <bdi className="mono">{visible(type)}</bdi>
              </td>
              <td>
                {state === 'unpublished' || consumer === undefined ? (
                  <Status code="waits" word={t.queues.unpublished} />
                ) : (
                  <bdi>{visible(consumer)}</bdi>
                )}
              </td>
              <td className="num" data-label={columns.count}>
                {f.number(count)}
              </td>
              <td data-label={columns.oldest}>
                <When at={oldest} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="soft small">{t.queues.outboxWhole}</p>
    </>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { appsQuery } from '../calls/queries.js';
import { outboxQuery, queuesQuery } from '../calls/running-queries.js';
import { safeLink } from '../parts/safe-link.js';
import { Icon } from '../parts/icons.js';
import { useHere } from '../parts/session.js';
import { Empty, Failed, Loading, Partial, Stale } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { AppFlowCard } from './app-flow-card.js';
import { flowOf, type Flow, type Trouble } from './flow.js';

/** Whether the conversation between the apps flows: what does not, and each app with its queues and what it sent. */
export function QueuesPage(): ReactElement {
  const { t } = useWords();
  const { settings } = useHere();
  const broker = settings.links.broker === undefined ? undefined : safeLink(settings.links.broker);
  return (
    <Page
      title={t.queues.title}
      lead={t.queues.lead}
      actions={
        <>
          <Link to="/messages" className="button quiet" activeProps={{}}>
            {t.queues.parked}
          </Link>
          {broker !== undefined && (
            <a href={broker} className="button quiet" rel="noreferrer" target="_blank">
              {t.queues.broker} ↗
            </a>
          )}
        </>
      }
    >
      <Conversation />
    </Page>
  );
}

function Conversation(): ReactElement {
  const { t, now } = useWords();
  const asked = [useQuery(queuesQuery), useQuery(outboxQuery), useQuery(appsQuery)] as const;
  const [queues, outbox, apps] = asked;
  const error = asked.find((one) => one.error !== null)?.error ?? null;
  if (asked.some(({ isPending, error: fault }) => isPending && fault === null)) return <Loading rows={8} />;
  const failed = asked.filter(({ data }) => data === undefined);
  const again = (): void => failed.forEach((one) => void one.refetch());
  if (failed.length === asked.length) return <Failed error={error} again={again} />;
  const flow = flowOf({ queues: queues.data, outbox: outbox.data, apps: apps.data }, now());
  return (
    <>
      {failed.length > 0 ? (
        <Failed error={error} again={again} />
      ) : (
        <Stale at={Math.min(...asked.map(({ dataUpdatedAt }) => dataUpdatedAt))} error={error} />
      )}
      <Headline flow={flow} isWhole={failed.length === 0} />
      <Partial missing={flow.unknown} />
      {flow.apps.length === 0 ? (
        <Empty title={t.queues.none} more={t.queues.noneMore} />
      ) : (
        flow.apps.map((one) => <AppFlowCard key={one.app} flow={one} />)
      )}
    </>
  );
}

/** The answer to whether it flows, in one sentence, with everything that does not. */
function Headline({ flow, isWhole }: { readonly flow: Flow; readonly isWhole: boolean }): ReactElement {
  const { t, f } = useWords();
  const { troubles, unknown, apps } = flow;
  const flows = troubles.length === 0;
  const isKnown = isWhole && unknown.length === 0 && apps.length > 0;
  const text = !flows
    ? t.queues.stuck(troubles.length, f.number(troubles.length))
    : isKnown
      ? t.queues.flows
      : t.queues.known;
  return (
    <section className={`card why ${flows ? (isKnown ? 'good' : 'wait') : 'wait'}`} aria-labelledby="flow">
      <h2 className="headline" id="flow">
        <Icon shape={flows && isKnown ? 'tick' : 'triangle'} />
        <span>{text}</span>
      </h2>
      {flows && isKnown && <p className="soft">{t.queues.flowsMore}</p>}
      {!flows && (
        <ul className="plain others">
          {troubles.map((trouble, index) => (
            <TroubleRow key={index} trouble={trouble} />
          ))}
        </ul>
      )}
    </section>
  );
}

function TroubleRow({ trouble }: { readonly trouble: Trouble }): ReactElement {
  const { t } = useWords();
  const { kind, since, messages } = trouble;
  return (
    <li>
      <p className="strong">
        <TroubleText trouble={trouble} />
      </p>
      <p className="small">
        {since !== undefined && (
          <span className="soft">
            {kind === 'silent' ? t.words.since : t.queues.oldest} <When at={since} />
            {messages === undefined ? '. ' : ' · '}
          </span>
        )}
        {t.queues.todos[kind]}
      </p>
    </li>
  );
}

function TroubleText({ trouble }: { readonly trouble: Trouble }): ReactElement {
  const { t, f } = useWords();
  const { kind, messages = 0 } = trouble;
  const [app, name] = [visible(trouble.app), visible(trouble.name ?? '')];
  const count = t.queues.messages(messages, f.number(messages));
  const { troubles } = t.queues;
  const texts: Readonly<Record<Trouble['kind'], () => string>> = {
    silent: () => (messages === 0 ? troubles.silent(app) : troubles.silentWaits(messages, app, count)),
    consumer: () => troubles.consumer(name, count),
    queue: () => troubles.queue(name),
    unsent: () => troubles.unsent(app, count),
    unaccepted: () => troubles.unaccepted(app, name, count),
    dependency: () => troubles.dependency(app, name),
  };
  return <bdi>{texts[kind]()}</bdi>;
}

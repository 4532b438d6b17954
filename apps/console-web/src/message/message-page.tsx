import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import { CallFault } from '../calls/call.js';
import { messageQuery } from '../calls/queries.js';
import type { ParkedMessage } from '../calls/shapes.js';
import { decisionDeed, noteDeed } from '../parked/parked-deeds.js';
import { ActButton } from '../parts/act-button.js';
import { CopyButton } from '../parts/copy-button.js';
import { refusal } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { saveText } from '../parts/save.js';
import { useHere } from '../parts/session.js';
import { CodeText, Failed, Loading, Stale } from '../parts/states.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { shownBody } from './body-text.js';

const route = getRouteApi('/messages/$app/$id');

/** One message: why it could not be handled, what is in it, what was decided and said of it. */
export function MessagePage(): ReactElement {
  const { t } = useWords();
  const { app, id } = route.useParams();
  const { data, error, isPending, refetch, dataUpdatedAt } = useQuery(messageQuery(app, id));
  if (data === undefined)
    return (
      <Page title={t.messages.title}>
        {isPending ? (
          <Loading rows={8} />
        ) : (
          <Failed
            error={error}
            again={() => void refetch()}
            {...(error instanceof CallFault && error.status === 404 ? { title: t.message.notFound } : {})}
          />
        )}
      </Page>
    );
  const type = visible(data.type);
  return (
    <Page
      title={t.message.title(type)}
      heading={
        <>
          <bdi>{type}</bdi> <Status code={data.state} />
        </>
      }
      lead={
        <>
          <Link to="/messages" search={{ app, key: data.code }} activeProps={{}}>
            <code>{visible(data.code)}</code>
          </Link>{' '}
          · <bdi>{visible(app)}</bdi> · <When at={data.parkedAt} />
        </>
      }
      actions={<MessageActions app={app} message={data} />}
    >
      <Stale at={dataUpdatedAt} error={error} />
      <div className="columns">
        <div>
          <section className="card why wait">
            <h2>{t.messages.reason}</h2>
            <p className="headline">
              <span>
                <Said text={data.reason} most={600} />
              </span>
            </p>
            <CodeText code={data.code} />
          </section>
          <Body message={data} />
        </div>
        <aside>
          <Facts message={data} />
          <Decisions message={data} />
          <Notes message={data} />
        </aside>
      </div>
    </Page>
  );
}

interface OfMessage {
  readonly message: ParkedMessage;
}

function MessageActions({ app, message }: OfMessage & { readonly app: string }): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const { state } = message;
  const decide = (word: 'replay' | 'discard' | 'restore', isDanger = false): ReactElement => (
    <ActButton
      text={`${t.actions[`parking-lot.${word}`]}…`}
      refusal={refusal(session, `parking-lot.${word}`, t)}
      isDanger={isDanger}
      isMain={word === 'replay'}
      onAct={() => ask(decisionDeed(t, app, message, word))}
    />
  );
  return (
    <>
      <ActButton
        text={`${t.actions['parking-lot.note']}…`}
        refusal={refusal(session, 'parking-lot.note', t)}
        onAct={() => ask(noteDeed(t, app, message))}
      />
      {state === 'discarded' && decide('restore')}
      {state === 'parked' && decide('discard', true)}
      {state === 'parked' && decide('replay')}
    </>
  );
}

function Body({ message }: OfMessage): ReactElement {
  const { t, f } = useWords();
  const { body, encoding, headers = {}, _id } = message;
  const shown = body === undefined ? undefined : shownBody(body, encoding);
  return (
    <section className="card">
      <h2>{t.message.body}</h2>
      {encoding === 'base64' && <p className="soft">{t.message.base64}</p>}
      {shown === undefined ? (
        <p className="soft">{t.message.noBody}</p>
      ) : shown.kind === 'file' ? (
        <p>
          {t.message.tooLong(f.bytes(shown.bytes))}{' '}
          <button
            type="button"
            className="inline"
            onClick={() => saveText(`${_id}.txt`, body ?? '', 'text/plain')}
          >
            {t.message.download}
          </button>
        </p>
      ) : (
        <pre className="body" tabIndex={0} aria-label={t.message.body}>
          <Said text={shown.text} most={20_000} isCode />
        </pre>
      )}
      {Object.keys(headers).length > 0 && (
        <details>
          <summary>{t.message.headers}</summary>
          <dl className="pairs">
            {Object.entries(headers).map(([name, value]) => (
              <div key={name}>
                <dt>{visible(name)}</dt>
                <dd>
                  <Said text={String(value)} most={300} isCode />
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}

function Facts({ message }: OfMessage): ReactElement {
  const { t, f } = useWords();
  const { messageId, jobId, sender, exchange, routingKey, attempts } = message;
  const rows: readonly (readonly [string, string | undefined])[] = [
    [t.message.id, messageId],
    [t.message.emitter, sender],
    [t.message.exchange, exchange],
    [t.message.routingKey, routingKey],
    [t.messages.attempts, f.number(attempts)],
  ];
  return (
    <section className="card facts">
      <dl className="pairs">
        {jobId !== undefined && (
          <>
            <dt>{t.messages.job}</dt>
            <dd>
              <Link to="/jobs/$id" params={{ id: jobId }} className="mono">
                <bdi>{visible(jobId)}</bdi>
              </Link>
            </dd>
          </>
        )}
        {rows.map(
          ([name, value]) =>
            value !== undefined &&
            value !== '' && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <code>{visible(value)}</code>
                </dd>
              </div>
            ),
        )}
      </dl>
      <CopyButton label={t.copy.copy} text={() => messageId} isInline />
    </section>
  );
}

function Decisions({ message: { decisions = [] } }: OfMessage): ReactElement | null {
  const { t } = useWords();
  if (decisions.length === 0) return null;
  return (
    <section className="card">
      <h2>{t.message.decisions}</h2>
      <ol className="timeline">
        {[...decisions].reverse().map(({ by, at, reason, state = '' }, index) => (
          <li key={index} className="of-act">
            <Status code={state} />
            <p className="reason">
              <q>
                <Said text={reason} />
              </q>
            </p>
            <p className="soft small">
              <When at={at} /> {t.words.by} <bdi>{visible(by)}</bdi>
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Notes({ message: { notes = [] } }: OfMessage): ReactElement {
  const { t } = useWords();
  return (
    <section className="card">
      <h2>{t.message.notes}</h2>
      {notes.length === 0 ? (
        <p className="soft">{t.message.noNotes}</p>
      ) : (
        <ol className="timeline">
          {[...notes].reverse().map(({ by, at, text, id }) => (
            <li key={id} className="of-act">
              <p>
                <Said text={text} />
              </p>
              <p className="soft small">
                <When at={at} /> {t.words.by} <bdi>{visible(by)}</bdi>
              </p>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import type { ShownJob, ToldFact } from '#console-api';
import { whyQuery } from '../calls/queries.js';
import { factText } from '../parts/fill.js';
import { Icon } from '../parts/icons.js';
import { isOperator, may } from '../parts/rights.js';
import { Sentence } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { CodeText, Failed, Loading, Partial } from '../parts/states.js';
import { isOver } from '../parts/status.js';
import { beginning, visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { lineOf, moreOf } from '../parts/why.js';
import { useWords } from '../parts/words.js';
import { waitTextOf } from '../texts/wait-text.js';

/** Why the job waits: what holds it most in one sentence, who can change it, and all else that is known. */
export function WhyPanel({
  job,
}: {
  readonly job: Pick<ShownJob, 'id' | 'statusCode'>;
}): ReactElement | null {
  const { t } = useWords();
  const over = isOver(job.statusCode);
  const { data: why, error, isPending, refetch } = useQuery({ ...whyQuery(job.id), enabled: !over });
  if (over) return null;
  if (isPending)
    return (
      <section className="card why" aria-label={t.job.why}>
        <h2>{t.job.why}</h2>
        <Loading rows={3} />
      </section>
    );
  if (why === undefined) return <Failed error={error} again={() => void refetch()} />;
  const { headline, all, missing, known } = why;
  const runs = headline?.code === 'work.running';
  const others = all.filter((fact) => fact !== headline && !sameFact(fact, headline));
  return (
    <section
      className={`card why ${runs ? 'busy' : headline === undefined ? 'calm' : 'wait'}`}
      aria-live="polite"
    >
      <h2>{runs ? t.job.whyRuns : t.job.why}</h2>
      {headline === undefined ? (
        <p className="headline">{known || missing.length > 0 ? t.job.whyNothing : t.job.whyUnknown}</p>
      ) : (
        <Headline fact={headline} />
      )}
      {missing.length > 0 && <p className="soft">{t.job.whyPartial}</p>}
      <Partial missing={missing} />
      {others.length > 0 && (
        <details open={others.length <= 3 || undefined}>
          <summary>
            {t.job.alsoHolds} <span className="count">{others.length}</span>
          </summary>
          <ul className="plain others">
            {others.map((fact, index) => (
              <li key={index}>
                <FactRow fact={fact} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function sameFact(one: ToldFact, other: ToldFact | undefined): boolean {
  return other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

function Headline({ fact }: { readonly fact: ToldFact }): ReactElement {
  const { t, f } = useWords();
  const { session } = useHere();
  // What operators have to do is no help for the others.
  const isTheirs = fact.changeable === 'operator' && !isOperator(session);
  const todo = isTheirs ? t.job.ask : waitTextOf(t.waits, fact.code).todo;
  const more = moreOf(fact, t.waits, f);
  const code = fact.facts['code'];
  return (
    <>
      <p className="headline">
        <Icon shape={fact.code === 'work.running' ? 'half' : 'clock'} />
        <span>
          <Sentence pieces={lineOf(fact, t.waits, f)} />
        </span>
      </p>
      {more.length > 0 && (
        <p>
          {more.map((pieces, index) => (
            <span key={index}>
              <Sentence pieces={pieces} />{' '}
            </span>
          ))}
        </p>
      )}
      <FactTimes fact={fact} />
      <p className="todo">
        <strong>{t.waits.changers[fact.changeable] ?? fact.changeable}.</strong> {todo}
      </p>
      <FactLinks fact={fact} />
      {typeof code === 'string' && <CodeText code={code} />}
      <AllFacts fact={fact} />
    </>
  );
}

function FactRow({ fact }: { readonly fact: ToldFact }): ReactElement {
  const { t, f } = useWords();
  return (
    <>
      <p className="why-line">
        <Icon shape={fact.code === 'work.running' ? 'half' : 'clock'} />
        <span>
          <Sentence pieces={lineOf(fact, t.waits, f)} />
        </span>
      </p>
      <FactTimes fact={fact} />
      <FactLinks fact={fact} />
    </>
  );
}

function FactTimes({ fact }: { readonly fact: ToldFact }): ReactElement {
  const { t, f } = useWords();
  const { part, count, since, next, app } = fact;
  return (
    <p className="soft small times">
      {part !== undefined && <span>{t.job.onePart(visible(beginning(part, 80).text))}</span>}
      {count !== undefined && count > 1 && <span>{t.job.manyParts(f.number(count))}</span>}
      {since !== undefined && (
        <span>
          {t.words.since} <When at={since} exact />
        </span>
      )}
      {next !== undefined && (
        <span>
          {t.words.next} <When at={next} />
        </span>
      )}
      <span>{t.job.saysApp(visible(app))}</span>
    </p>
  );
}

/** Where what holds it can be looked at. */
function FactLinks({ fact: { code, app, facts } }: { readonly fact: ToldFact }): ReactElement | null {
  const { t } = useWords();
  const { session } = useHere();
  const { message, jobId } = facts;
  if (code === 'message.parked' && typeof message === 'string' && may(session, 'operations.read'))
    return (
      <p>
        <Link to="/messages/$app/$id" params={{ app, id: message }}>
          {t.messages.title}: <bdi>{visible(message)}</bdi>
        </Link>
      </p>
    );
  // Another's job is not shown to who may not see it: the link would lead nowhere.
  if (code === 'work.shared-recall' && typeof jobId === 'string' && isOperator(session))
    return (
      <p>
        <Link to="/jobs/$id" params={{ id: jobId }}>
          <bdi>{visible(jobId)}</bdi>
        </Link>
      </p>
    );
  return null;
}

function AllFacts({ fact }: { readonly fact: ToldFact }): ReactElement {
  const { t, f } = useWords();
  return (
    <details className="all-facts">
      <summary>{t.job.facts}</summary>
      <dl className="pairs">
        <dt>code</dt>
        <dd>
          <code>{visible(fact.code)}</code>
        </dd>
        {Object.entries(fact.facts).map(([name, value]) => (
          <div key={name}>
            <dt>{visible(name)}</dt>
            <dd>
              <bdi>{beginning(factText(name, value, f), 500).text}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

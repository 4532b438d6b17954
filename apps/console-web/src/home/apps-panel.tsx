import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { appsQuery } from '../calls/queries.js';
import { Icon } from '../parts/icons.js';
import { missingText } from '../parts/missing-text.js';
import { useHere } from '../parts/session.js';
import { Failed, Loading } from '../parts/states.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { downIn } from './home-facts.js';

/** Which apps answer, and what they cannot reach. */
export function AppsPanel(): ReactElement {
  const { t, f } = useWords();
  const { settings } = useHere();
  const { data, error, isPending, refetch } = useQuery(appsQuery);
  return (
    <section className="card" aria-labelledby="apps">
      <h2 id="apps">{t.home.apps}</h2>
      {isPending ? (
        <Loading rows={4} />
      ) : data === undefined ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <ul className="plain apps">
          {settings.apps.map((app) => {
            const answer = data.answers.find((one) => one.app === app)?.body;
            const silent = data.missing.find((one) => one.app === app);
            const down = answer === undefined ? [] : downIn(answer);
            const tone = answer === undefined ? 'bad' : down.length > 0 ? 'wait' : 'good';
            return (
              <li key={app} className={tone}>
                <Icon shape={tone === 'good' ? 'tick' : tone === 'bad' ? 'cross' : 'triangle'} />
                <span>
                  <bdi className="strong">{visible(app)}</bdi>
                  <span className="sub">
                    {answer === undefined
                      ? silent === undefined
                        ? t.home.appAway(t.time.unknown)
                        : missingText(silent, t, f)
                      : down.length > 0
                        ? t.home.appDown(down.map(visible).join(', '))
                        : t.home.appUp}
                    {answer?.version !== undefined && ` · ${visible(answer.version)}`}
                    {answer?.started !== undefined && (
                      <>
                        {' · '}
                        <When at={answer.started} />
                      </>
                    )}
                  </span>
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

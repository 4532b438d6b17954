import type { ReactElement } from 'react';
import { actions, type Permission } from '#console-api';
import { may } from '../parts/rights.js';
import { languageNames, languages, themes } from '../parts/settings.js';
import { useHere } from '../parts/session.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import { Page } from '../shell/page.js';
import { usePreferences } from '../shell/preferences.js';
import { useSignOut } from '../shell/sign-out.js';

const wide = ['operations.read', 'operations.act', 'operations.audit'] as const;

/** Have no permission of their own: who may act for the installation may do them. */
const withActing: readonly string[] = [
  ...(['share.adopt', 'reconciliation.start', 'adoption.start', 'adoption.stop'] as const),
  ...(['set-aside.remove', 'set-aside.bring-back', 'certificate-key.revoke'] as const),
];

/** What a person may do here, by which rule, and what not; and what this browser keeps. */
export function MePage(): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const signOut = useSignOut();
  const given = new Set(session.permissions.map(({ action }) => action));
  const others = [...wide, ...actions].filter(
    (action) =>
      !given.has(action) &&
      action !== 'session.emergency' &&
      !(may(session, 'operations.act') && withActing.includes(action)),
  );
  return (
    <Page
      title={t.me.title}
      heading={<bdi>{visible(session.username)}</bdi>}
      actions={
        <button type="button" className="button quiet" onClick={signOut}>
          {t.shell.signOut}
        </button>
      }
    >
      <div className="columns">
        <div>
          <section className="card" aria-labelledby="may">
            <h2 id="may">{t.me.may}</h2>
            <p className="soft">{t.me.how}</p>
            <PermissionTable permissions={session.permissions} />
          </section>
          <section className="card" aria-labelledby="may-not">
            <h2 id="may-not">{t.me.mayNot}</h2>
            {others.length === 0 ? (
              <p className="soft">{t.me.everything}</p>
            ) : (
              <ul className="tags">
                {others.map((action) => (
                  <li key={action} className="tag">
                    <code>{action}</code>
                  </li>
                ))}
              </ul>
            )}
          </section>
        </div>
        <aside>
          <section className="card" aria-labelledby="groups">
            <h2 id="groups">{t.me.groups}</h2>
            {session.groups.length === 0 ? (
              <p className="soft">{t.me.noGroups}</p>
            ) : (
              <ul className="tags">
                {session.groups.map((group) => (
                  <li key={group} className="tag">
                    <bdi>{visible(group)}</bdi>
                  </li>
                ))}
              </ul>
            )}
            <dl className="pairs">
              <dt>{t.me.rightsAt}</dt>
              <dd>
                <When at={session.rightsAt} />
              </dd>
              <dt>{t.me.until}</dt>
              <dd>
                <When at={session.until} exact />
              </dd>
            </dl>
          </section>
          <Settings />
        </aside>
      </div>
    </Page>
  );
}

function PermissionTable({ permissions }: { readonly permissions: readonly Permission[] }): ReactElement {
  const { t } = useWords();
  return (
    <table className="rows plain-table">
      <thead>
        <tr>
          <th scope="col">{t.me.action}</th>
          <th scope="col">{t.me.reach}</th>
          <th scope="col">{t.me.rule}</th>
        </tr>
      </thead>
      <tbody>
        {permissions.map(({ action, rule, reach, jobTypes }, index) => (
          <tr key={index} data-row>
            <td>
              {wordOf(t.actions, action) === action ? '' : <>{wordOf(t.actions, action)} </>}
              <code className="soft">{action}</code>
            </td>
            <td>
              {reach === 'all' ? t.me.reachAll : t.me.reachOwn}
              {jobTypes !== undefined && (
                <span className="sub">{t.me.types(jobTypes.map(visible).join(', '))}</span>
              )}
            </td>
            <td>
              <code>{visible(rule)}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Settings(): ReactElement {
  const { t } = useWords();
  const { theme, setTheme, language, setLanguage } = usePreferences();
  return (
    <section className="card" aria-labelledby="settings">
      <h2 id="settings">{t.me.settings}</h2>
      <fieldset className="choices">
        <legend>{t.shell.theme}</legend>
        {themes.map((one) => (
          <label key={one}>
            <input type="radio" name="theme" checked={one === theme} onChange={() => setTheme(one)} />{' '}
            {t.shell.themes[one]}
          </label>
        ))}
      </fieldset>
      <fieldset className="choices">
        <legend>{t.shell.languages}</legend>
        {languages.map((one) => (
          <label key={one} lang={one}>
            <input
              type="radio"
              name="language"
              checked={one === language}
              onChange={() => setLanguage(one)}
            />{' '}
            {languageNames[one]}
          </label>
        ))}
      </fieldset>
    </section>
  );
}

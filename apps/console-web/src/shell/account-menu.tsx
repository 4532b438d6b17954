import { Menu } from '@base-ui/react/menu';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Icon } from '../parts/icons.js';
import { languageNames, languages, themes } from '../parts/settings.js';
import { useHere } from '../parts/session.js';
import { visible } from '../parts/visible.js';
import { useWords } from '../parts/words.js';
import { usePreferences } from './preferences.js';

export interface AccountMenuProps {
  readonly onSignOut: () => void;
  readonly onKeys: () => void;
}

/** Who is signed in, language, appearance, and the way out. */
export function AccountMenu({ onSignOut, onKeys }: AccountMenuProps): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const { theme, setTheme, language, setLanguage } = usePreferences();
  const name = visible(session.username);
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="account" aria-label={t.shell.account(name)}>
        <bdi>{name}</bdi>
        <Icon shape="down" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="floating" sideOffset={8} align="end">
          <Menu.Popup className="menu">
            <Menu.LinkItem className="menu-item" render={<Link to="/me" />}>
              {t.me.title}: {t.me.may}
            </Menu.LinkItem>
            <Menu.Item className="menu-item" onClick={onKeys}>
              {t.shell.keys} <kbd>?</kbd>
            </Menu.Item>
            <Menu.Group className="menu-group">
              <Menu.GroupLabel className="menu-label">{t.shell.theme}</Menu.GroupLabel>
              <Menu.RadioGroup value={theme} onValueChange={setTheme}>
                {themes.map((one) => (
                  <Menu.RadioItem key={one} value={one} className="menu-item">
                    {t.shell.themes[one]}
                    <Menu.RadioItemIndicator className="chosen">
                      <Icon shape="tick" />
                    </Menu.RadioItemIndicator>
                  </Menu.RadioItem>
                ))}
              </Menu.RadioGroup>
            </Menu.Group>
            <Menu.Group className="menu-group">
              <Menu.GroupLabel className="menu-label">{t.shell.languages}</Menu.GroupLabel>
              <Menu.RadioGroup value={language} onValueChange={setLanguage}>
                {languages.map((one) => (
                  <Menu.RadioItem key={one} value={one} className="menu-item" lang={one}>
                    {languageNames[one]}
                    <Menu.RadioItemIndicator className="chosen">
                      <Icon shape="tick" />
                    </Menu.RadioItemIndicator>
                  </Menu.RadioItem>
                ))}
              </Menu.RadioGroup>
            </Menu.Group>
            <Menu.Item className="menu-item last" onClick={onSignOut}>
              {t.shell.signOut}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

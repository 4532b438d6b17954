import type { Deed } from '../act/deed.js';
import type { OfApp } from '../calls/app-pages.js';
import type { ShareMode, ShareRow, Steered } from '../calls/archive-shapes.js';
import { call, inPath } from '../calls/call.js';
import { visible } from '../parts/visible.js';
import type { Texts } from '../texts/texts-en.js';

interface Steering {
  readonly path: string;
  readonly subject: string;
  readonly mode: ShareMode;
  /** What is in force as the page shows it: the word of another is changed only by who has seen it. */
  readonly steered: Steered | undefined;
}

function modeDeed(
  t: Texts,
  words: Pick<Deed, 'title' | 'what' | 'undo' | 'confirm'>,
  steering: Steering,
): Deed {
  const { path, subject, mode, steered } = steering;
  return {
    ...{ ...words, subjects: [subject], reason: 'required' },
    ...(mode === 'run'
      ? {}
      : {
          fields: [
            { kind: 'time', name: 'until', label: t.archiveDeeds.until, orNothing: t.archiveDeeds.untilSaid },
          ],
        }),
    run: async ({ reason, key, values }) => {
      const until = values['until'];
      await call(path, {
        ...{ method: 'POST', key },
        body: {
          ...{ mode, reason },
          ...(until === undefined ? {} : { until }),
          ...(steered === undefined ? {} : { seen: steered.since }),
        },
      });
      return undefined;
    },
  };
}

export function shareModeDeed(t: Texts, { app, name, steered }: OfApp<ShareRow>, mode: ShareMode): Deed {
  const path = `operations/${inPath(app)}/shares/${inPath(name)}/mode`;
  return modeDeed(t, t.archiveDeeds[mode], { path, subject: `${app}/${name}`, mode, steered });
}

/** What was seen, and nothing that is mounted there meanwhile. */
export function adoptDeed(t: Texts, { app, name }: OfApp<ShareRow>, identity: string): Deed {
  const { title, what, undo, confirm } = t.archiveDeeds.adopt;
  return {
    ...{ title, undo, confirm, what: what(identityText(t, identity)), subjects: [`${app}/${name}`] },
    ...{ reason: 'required', isDanger: true },
    run: async ({ reason, key }) => {
      await call(`operations/${inPath(app)}/shares/${inPath(name)}/adopt`, {
        ...{ method: 'POST', key, body: { reason, identity } },
      });
      return undefined;
    },
  };
}

/** What lies under the name of a share, in words. */
export function identityText(t: Texts, identity: string): string {
  if (identity === 'empty') return t.storage.identities.empty;
  if (identity === 'unidentified') return t.storage.identities.unidentified;
  return t.storage.identityIs(visible(identity));
}

import type { Deed } from '../act/deed.js';
import type { OfApp } from '../calls/app-pages.js';
import type { AsideRow } from '../calls/archive-shapes.js';
import { call, CallFault, inPath } from '../calls/call.js';
import type { Texts } from '../texts/texts-en.js';

/** Only `removed` says that it is gone; with each other state comes why it is not. */
interface Settled {
  readonly state?: string;
  readonly code?: string;
  readonly reason?: string;
}

export function bringBackDeed(t: Texts, aside: OfApp<AsideRow>): Deed {
  return {
    ...{ ...t.archiveDeeds.bringBack, subjects: [subjectOf(aside)], reason: 'required' },
    run: async ({ reason, key }) => {
      await call(`${pathOf(aside)}/bring-back`, { method: 'POST', key, body: { reason } });
      return undefined;
    },
  };
}

/** Where it may be the last one of its data, only who says so removes it. What became of it, the archiver says. */
export function removeDeed(t: Texts, aside: OfApp<AsideRow>): Deed {
  const { without, ...words } = t.archiveDeeds.remove;
  const mayBeLast = aside.reset === true || aside.unrecorded === true || aside.replacedBy !== undefined;
  return {
    ...{ ...words, subjects: [subjectOf(aside)], reason: 'required', isDanger: true },
    ...(mayBeLast ? { fields: [{ kind: 'switch', name: 'without', label: without }] } : {}),
    run: async ({ reason, key, values }) => {
      const query = values['without'] === true ? '?without-originals=true' : '';
      const answer = await call<Settled | undefined>(`${pathOf(aside)}${query}`, {
        ...{ method: 'DELETE', key, body: { reason } },
      });
      if (answer?.state !== 'removed') throw notRemoved(t, aside, answer ?? {});
      return undefined;
    },
  };
}

/** Archivers of before say it in one text, which may mean either: then it is not said to be gone. */
function notRemoved(t: Texts, { app }: OfApp<AsideRow>, { state = '', code, reason }: Settled): CallFault {
  const { outcomes } = t.archiveDeeds;
  const said = [reason ?? state].filter((text): text is string => typeof text === 'string').join('');
  const word = Object.hasOwn(outcomes, state) ? outcomes[state as keyof typeof outcomes] : outcomes.other;
  return new CallFault(200, { code: code ?? 'HTTP 200', message: `${word} ${said}`.trim(), app });
}

function pathOf({ app, _id }: Pick<OfApp<AsideRow>, 'app' | '_id'>): string {
  return `operations/${inPath(app)}/set-aside/${inPath(_id)}`;
}

function subjectOf({ archiveId, share }: AsideRow): string {
  return `${archiveId} · ${share}`;
}

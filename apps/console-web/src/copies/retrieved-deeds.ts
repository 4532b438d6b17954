import type { Deed } from '../act/deed.js';
import type { OfApp } from '../calls/app-pages.js';
import type { RetrievedRow } from '../calls/archive-shapes.js';
import { call, inPath } from '../calls/call.js';
import { timeIn, type Formats } from '../parts/formats.js';
import type { Texts } from '../texts/texts-en.js';

type Retrieved = Pick<OfApp<RetrievedRow>, 'app' | 'id'>;

/** Until then at least; the archiver has the limit. */
export function extendDeed(t: Texts, f: Formats, { app, id }: Retrieved): Deed {
  const { title, what, undo, confirm, until, needed, kept } = t.archiveDeeds.extend;
  return {
    ...{ title, what, undo, confirm, subjects: [id], reason: 'optional' },
    fields: [{ kind: 'time', name: 'until', label: until, orNothing: needed, isNeeded: true }],
    run: async ({ reason, key, values }) => {
      const answer = await call<{ readonly expiresAt?: string } | undefined>(
        `operations/${inPath(app)}/retrieved/${inPath(id)}/extend`,
        { method: 'POST', key, body: { until: values['until'], ...(reason === '' ? {} : { reason }) } },
      );
      const end = timeIn(answer?.expiresAt);
      return end === undefined ? undefined : kept(f.moment(end));
    },
  };
}

export function linkDeed(t: Texts, { app, id }: Retrieved): Deed {
  return {
    ...{ ...t.archiveDeeds.link, subjects: [id], reason: 'optional', givesLink: true },
    run: async ({ reason, key }) => {
      const { url } = await call<{ readonly url: string }>(
        `operations/${inPath(app)}/retrieved/${inPath(id)}/link`,
        { method: 'POST', key, body: reason === '' ? {} : { reason } },
      );
      return url;
    },
  };
}

/** What the owner of a job may do: all its copies, for the usual time. */
export function renewDeed(t: Texts, jobId: string): Deed {
  return {
    ...{ ...t.archiveDeeds.renew, subjects: [jobId], reason: 'none' },
    run: async ({ key }) => {
      await call(`catalogue/jobs/${inPath(jobId)}/retrieval/extend`, { method: 'POST', body: {}, key });
      return undefined;
    },
  };
}

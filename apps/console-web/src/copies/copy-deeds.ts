import type { Begun, Deed } from '../act/deed.js';
import { EachOf } from '../act/each-of.js';
import type { OfApp } from '../calls/app-pages.js';
import type { CopyRow } from '../calls/archive-shapes.js';
import { call, inPath } from '../calls/call.js';
import type { Formats } from '../parts/formats.js';
import { visible } from '../parts/visible.js';
import type { Texts } from '../texts/texts-en.js';

type Copy = Pick<OfApp<CopyRow>, 'app' | 'archiveId' | 'share'>;

/** The archiver answers with the work that it has begun. */
interface Work {
  readonly id?: string;
  readonly jobId?: string;
}

/** The page of it is not told of the work that is begun: news of the archiver bring what becomes of it. */
export function verifyDeed(t: Texts, copy: Pick<Copy, 'app' | 'archiveId'>): Deed {
  return {
    ...{ ...t.archiveDeeds.verify, subjects: [copy.archiveId], reason: 'optional' },
    run: async ({ reason, key }) => begunBy(t, await askToVerify(copy, reason, key)),
  };
}

/** Only this copy: the archiver reads another one first, and refuses where none proves good. */
export function repairDeed(t: Texts, { app, archiveId, share }: Copy): Deed {
  const { title, what, undo, confirm } = t.archiveDeeds.repair;
  return {
    ...{ title: title(visible(share)), what, undo, confirm, subjects: [`${archiveId} · ${share}`] },
    ...{ reason: 'required', isDanger: true },
    run: async ({ reason, key }) => {
      const work = await call<Work | undefined>(
        `operations/${inPath(app)}/copies/${inPath(archiveId)}/${inPath(share)}/repair`,
        { method: 'POST', key, body: { reason } },
      );
      return begunBy(t, work);
    },
  };
}

interface Oldest {
  readonly share: string;
  /** Those proven longest ago come first, each datablock once. */
  readonly copies: readonly Pick<Copy, 'app' | 'archiveId'>[];
}

/** One request after the other; those that are refused are named, and another try asks for those alone. */
export function verifyOldestDeed(t: Texts, f: Formats, { share, copies }: Oldest): Deed {
  const { title, what, undo, confirm, count, asked } = t.archiveDeeds.oldest;
  let why = '';
  const each = new EachOf(
    copies.map((copy) => ({ ...copy, id: copy.archiveId })),
    async (copy, key) => {
      await askToVerify(copy, why, key);
      return undefined;
    },
  );
  return {
    ...{ title, what: what(visible(share)), undo, confirm, reason: 'optional' },
    canStop: copies.length > 1,
    subjects: copies.map(({ archiveId }) => archiveId),
    fields: [
      {
        kind: 'number',
        name: 'count',
        label: count,
        first: Math.min(5, copies.length),
        least: 1,
        most: copies.length,
      },
    ],
    run: async ({ reason, key, values, signal }) => {
      const most = Number(values['count']);
      why = reason;
      await each.run({ key, signal, most });
      return { words: asked(f.number(most), f.number(most)) };
    },
  };
}

async function askToVerify(
  { app, archiveId }: Pick<Copy, 'app' | 'archiveId'>,
  reason: string,
  key: string,
): Promise<Work | undefined> {
  return call(`operations/${inPath(app)}/copies/${inPath(archiveId)}/verify`, {
    ...{ method: 'POST', key, body: reason === '' ? {} : { reason } },
  });
}

/** Reading takes hours: what was answered is only that it has begun. */
function begunBy(t: Texts, work: Work | undefined): Begun {
  const { id, jobId } = work ?? {};
  return {
    words: typeof id === 'string' ? t.archiveDeeds.begunWork(visible(id)) : '',
    ...(typeof jobId === 'string' ? { jobId } : {}),
  };
}

import type { Deed } from '../act/deed.js';
import { call, inPath } from '../calls/call.js';
import type { Texts } from '../texts/texts-en.js';

/** Has work that waits tried at once. */
export function tryNowDeed(t: Texts, app: string, id: string): Deed {
  const { title, what, undo } = t.deeds.tryNow;
  return {
    ...{ title, what, undo, confirm: t.actions['part.try-now'], subjects: [id], reason: 'optional' },
    run: async ({ reason, key }) => {
      await call(`operations/${inPath(app)}/works/${inPath(id)}/try-now`, {
        ...{ method: 'POST', key },
        body: reason === '' ? {} : { reason },
      });
      return undefined;
    },
  };
}

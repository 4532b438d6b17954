import type { Deed } from '../act/deed.js';
import { call, inPath } from '../calls/call.js';
import type { WorkerRow } from '../calls/running-shapes.js';
import type { Formats } from '../parts/formats.js';
import type { Texts } from '../texts/texts-en.js';

export type WorkerOfApp = WorkerRow & { readonly app: string };

const holding = ['pause', 'drain'] as const;

/** Has a worker take nothing new. */
export function pauseDeed(t: Texts, f: Formats, worker: WorkerOfApp): Deed {
  const { title, what, undo, mode, modes, until, orNothing } = t.work.deeds.pause;
  return {
    ...{ title, what, undo, confirm: t.work.pause, subjects: [worker.instance], reason: 'required' },
    fields: [
      { kind: 'choice', name: 'mode', label: mode, options: modes, first: worker.mode === 'drain' ? 1 : 0 },
      { kind: 'time', name: 'until', label: until, orNothing },
    ],
    run: async ({ reason, key, values }) => {
      const time = values['until'];
      const wish = {
        mode: holding[Number(values['mode'])] ?? holding[0],
        reason,
        ...(typeof time === 'string' ? { until: time } : {}),
      };
      await steer(worker, wish, key);
      return typeof time === 'string' ? `${t.work.until} ${f.moment(new Date(time))}` : undefined;
    },
  };
}

/** Has a worker take work again. */
export function runDeed(t: Texts, worker: WorkerOfApp): Deed {
  const { title, what, undo } = t.work.deeds.run;
  return {
    ...{ title, what, undo, confirm: t.work.run, subjects: [worker.instance], reason: 'required' },
    run: async ({ reason, key }) => {
      await steer(worker, { mode: 'run', reason }, key);
      return undefined;
    },
  };
}

/** `seen` says which word of another the page has shown: one that was said since then is not painted over. */
async function steer(
  { app, instance, steered }: WorkerOfApp,
  wish: { readonly mode: string; readonly reason: string; readonly until?: string },
  key: string,
): Promise<void> {
  await call(`operations/${inPath(app)}/workers/${inPath(instance)}/mode`, {
    ...{ method: 'POST', key },
    body: { ...wish, ...(steered === undefined ? {} : { seen: steered.since }) },
  });
}

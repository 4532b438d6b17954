import type { Deed } from '../act/deed.js';
import { call, inPath } from '../calls/call.js';
import type { BulkRun, ParkedRow } from '../calls/shapes.js';
import type { Formats } from '../parts/formats.js';
import type { Texts } from '../texts/texts-en.js';

type Word = 'replay' | 'discard' | 'restore';

/** One decision on one message. */
export function decisionDeed(t: Texts, app: string, message: Pick<ParkedRow, '_id'>, word: Word): Deed {
  const { title, what, undo } = t.deeds[word];
  return {
    ...{ title, what, undo, confirm: t.actions[`parking-lot.${word}`] },
    subjects: [`${app}/${message._id}`],
    reason: word === 'replay' ? 'optional' : 'required',
    isDanger: word === 'discard',
    run: async ({ reason, key }) => {
      await call(`operations/${inPath(app)}/parking-lot/${inPath(message._id)}/${word}`, {
        ...{ method: 'POST', key },
        body: reason === '' ? {} : { reason },
      });
      return undefined;
    },
  };
}

export function noteDeed(t: Texts, app: string, { _id }: Pick<ParkedRow, '_id'>): Deed {
  const { title, what, undo, text } = t.deeds.note;
  return {
    ...{ title, what, undo, confirm: t.actions['parking-lot.note'], subjects: [`${app}/${_id}`] },
    reason: 'required',
    reasonLabel: text,
    run: async ({ reason, key }) => {
      await call(`operations/${inPath(app)}/parking-lot/${inPath(_id)}/notes`, {
        ...{ method: 'POST', key },
        body: { text: reason },
      });
      return undefined;
    },
  };
}

interface Bulk {
  readonly app: string;
  readonly action: 'replay' | 'discard';
  readonly filter: Readonly<Record<string, string>>;
  /** How many the person sees: another number by then is refused. */
  readonly count: number;
}

/** One decision on all that a filter finds, bit by bit in the app that owns them. */
export function bulkDeed(t: Texts, f: Formats, { app, action, filter, count }: Bulk): Deed {
  const { bulk } = t.deeds;
  return {
    title: bulk[action],
    confirm: bulk.start,
    what: bulk.what(f.number(count), app),
    undo: bulk.undo,
    subjects: [
      `${app}: ${Object.entries(filter)
        .map((pair) => pair.join(' '))
        .join(', ')}`,
    ],
    reason: 'required',
    isDanger: action === 'discard',
    fields: [
      { kind: 'switch', name: 'tryOne', label: bulk.tryOne },
      { kind: 'number', name: 'perMinute', label: bulk.perMinute, first: 100, least: 1, most: 6000 },
      { kind: 'number', name: 'batch', label: bulk.batch, first: 20, least: 1, most: 100 },
    ],
    run: async ({ reason, key, values }) => {
      // A run looks for parked ones by itself; its filter has no state.
      const { state: _state, ...rest } = filter;
      const run = await call<BulkRun>(`operations/${inPath(app)}/parking-lot/bulk`, {
        ...{ method: 'POST', key },
        body: {
          ...{ action, filter: rest, expected: count, reason },
          ...{ perMinute: values['perMinute'], batch: values['batch'] },
          ...(values['tryOne'] === true ? { most: 1 } : {}),
        },
      });
      return run?.id;
    },
  };
}

export function stopDeed(t: Texts, app: string, { id }: Pick<BulkRun, 'id'>): Deed {
  const { title, what, undo } = t.deeds.stop;
  return {
    ...{ title, what, undo, confirm: t.actions['bulk.stop'], subjects: [`${app}/${id}`], reason: 'required' },
    run: async ({ reason, key }) => {
      await call(`operations/${inPath(app)}/bulk-runs/${inPath(id)}/stop`, {
        ...{ method: 'POST', key },
        body: { reason },
      });
      return undefined;
    },
  };
}

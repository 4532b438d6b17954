import type { Deed, Field } from '../act/deed.js';
import type { PauseRow } from '../calls/archive-shapes.js';
import { call, inPath } from '../calls/call.js';
import type { Formats } from '../parts/formats.js';
import type { Texts } from '../texts/texts-en.js';
import { limitName, scopeText } from './limit-words.js';

/** A limit is at most so many times what is configured. */
const maxTimes = 10;

export interface ShownLimit {
  readonly app: string;
  /** Of the answer that was shown: whoever changed limits in between was faster. */
  readonly etag: string;
  readonly name: string;
  readonly configured: number;
  readonly value: number;
}

export function changeLimitDeed(t: Texts, f: Formats, limit: ShownLimit): Deed {
  const { title, what, undo, confirm, value, until, untilSaid } = t.limits.deeds.change;
  const { name, configured } = limit;
  const most = configured * maxTimes;
  return {
    ...{ title: title(limitName(t, name)), what: what(f.number(configured), f.number(most)), undo, confirm },
    ...{ subjects: [`${limit.app}/${name}`], reason: 'required' },
    fields: [
      { kind: 'number', name: 'value', label: value, first: limit.value, least: 0, most },
      { kind: 'time', name: 'until', label: until, orNothing: untilSaid },
    ],
    run: async ({ reason, key, values }) => {
      const { value: wanted, until: end } = values;
      await put(
        limit,
        { limits: { [name]: wanted }, reason, ...(end === undefined ? {} : { until: end }) },
        key,
      );
      return f.number(Number(wanted));
    },
  };
}

export function resetLimitDeed(t: Texts, f: Formats, limit: ShownLimit): Deed {
  const { title, what, undo, confirm } = t.limits.deeds.reset;
  return {
    ...{ title: title(limitName(t, limit.name)), what: what(f.number(limit.configured)), undo, confirm },
    ...{ subjects: [`${limit.app}/${limit.name}`], reason: 'required' },
    run: async ({ reason, key }) => {
      await put(limit, { limits: { [limit.name]: null }, reason }, key);
      return undefined;
    },
  };
}

async function put({ app, etag }: ShownLimit, body: object, key: string): Promise<void> {
  await call(`operations/${inPath(app)}/limits`, { method: 'PUT', body, key, ifMatch: etag });
}

const scopeKinds = ['target', 'route', 'group', 'job'] as const;

/** @param isAll all work, and nothing is asked */
export function pauseDeed(t: Texts, app: string, isAll: boolean): Deed {
  const { pauseAll, pauseOne, drain, until, untilSaid } = t.limits.deeds;
  const { title, what, undo, confirm } = isAll ? pauseAll : pauseOne;
  const which: readonly Field[] = [
    { kind: 'choice', name: 'kind', label: pauseOne.kind, options: t.limits.scopeKinds, first: 0 },
    { kind: 'text', name: 'name', label: pauseOne.name, hint: pauseOne.nameHint, most: 200 },
  ];
  return {
    ...{ title, what, undo, confirm, subjects: isAll ? [`${app}/all`] : [app], reason: 'required' },
    isDanger: isAll,
    fields: [
      ...(isAll ? [] : which),
      { kind: 'switch', name: 'drain', label: drain },
      { kind: 'time', name: 'until', label: until, orNothing: untilSaid },
    ],
    run: async ({ reason, key, values }) => {
      const kind = scopeKinds[Number(values['kind'])] ?? 'target';
      const scope = isAll ? 'all' : `${kind}:${String(values['name']).trim()}`;
      const end = values['until'];
      await call(`operations/${inPath(app)}/pauses`, {
        ...{ method: 'POST', key },
        body: {
          ...{ scope, reason, mode: values['drain'] === true ? 'drain' : 'pause' },
          ...(end === undefined ? {} : { until: end }),
        },
      });
      return scopeText(t, scope);
    },
  };
}

export function endPauseDeed(t: Texts, app: string, { id, scope }: Pick<PauseRow, 'id' | 'scope'>): Deed {
  return {
    ...{ ...t.limits.deeds.end, subjects: [scope], reason: 'required' },
    run: async ({ reason, key }) => {
      await call(`operations/${inPath(app)}/pauses/${inPath(id)}`, {
        ...{ method: 'DELETE', key, body: { reason } },
      });
      return undefined;
    },
  };
}

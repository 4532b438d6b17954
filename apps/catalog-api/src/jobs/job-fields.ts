import { BadRequest } from '../domain/errors.js';
import { objectOr, type Include } from '../domain/loopback-filter.js';

/** Relations of a job whose fields a filter may name: `datasets.pid`. */
const joined = ['datasets', 'datasetDetails'];

/** The `fields` of a filter, taken apart; undefined stands for all there are. */
export interface JobFields {
  readonly own: readonly string[] | undefined;
  readonly ofDatasets: readonly string[] | undefined;
}

/** `["id", "datasets.pid"]` of a v4 filter; whatever is no list is for the filter's own check to refuse. */
export function jobFieldsFrom(fields: unknown): JobFields {
  if (!Array.isArray(fields) || fields.length === 0) return { own: undefined, ofDatasets: undefined };
  const names = fields.map(String);
  const isJoined = (name: string): boolean => joined.includes(firstOf(name));
  const below = names.filter((name) => isJoined(name)).map((name) => restOf(name));
  for (const name of below) if (name !== undefined) checkName(name);
  const isWhole = below.length === 0 || below.includes(undefined);
  return {
    own: names.filter((name) => !isJoined(name)),
    ofDatasets: isWhole ? undefined : below.filter((name) => name !== undefined),
  };
}

/** The names in `{"pid": true}`, `["pid"]` or `pid`; undefined when none is given. */
export function namesFrom(text: unknown, parameter: string): readonly string[] | undefined {
  const value = jsonOrText(text, parameter);
  const names = Array.isArray(value)
    ? value.filter((name) => typeof name === 'string')
    : typeof value === 'string'
      ? [value]
      : Object.entries(objectOr(value))
          .filter(([, keep]) => Boolean(keep))
          .map(([name]) => name);
  for (const name of names) checkName(name);
  return names.length === 0 ? undefined : names;
}

/** The relations in `{"relation": "datablocks"}`, a list of such, or of names. */
export function relationsFrom(text: unknown): string[] {
  const value = jsonOrText(text, 'include');
  const items: unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return items.flatMap((item) => {
    const relation = typeof item === 'string' ? item : objectOr(item)['relation'];
    if (typeof relation === 'string' && relation !== '') return [relation];
    // SciCat reads an object without a relation as no include at all.
    return [];
  });
}

/** What of a dataset must be read so that its fields and relations can be shown. */
export function datasetProjection(
  names: readonly string[] | undefined,
  relations: readonly string[],
): Record<string, 1> | undefined {
  const own = names?.filter((name) => !relations.includes(firstOf(name)));
  // The joins find their records by the dataset's pid.
  return own === undefined
    ? undefined
    : Object.fromEntries(topmost(['pid', ...own]).map((name) => [name, 1]));
}

/** Relations of which something is to be shown, each read no wider than that. */
export function includesOf(relations: readonly string[], names: readonly string[] | undefined): Include[] {
  return relations
    .filter((relation) => names?.some((name) => firstOf(name) === relation) ?? true)
    .map((relation) => {
      const below = names?.filter((name) => firstOf(name) === relation).map((name) => restOf(name)) ?? [];
      const isWhole = below.length === 0 || below.includes(undefined);
      return {
        relation,
        where: {},
        projection: isWhole
          ? undefined
          : Object.fromEntries(
              topmost(below.filter((name) => name !== undefined)).map((name) => [name, 1 as const]),
            ),
        ...{ limit: undefined, skip: 0, sort: undefined },
      };
    });
}

/** A copy with nothing but these paths, through lists as well. */
export function onlyPaths(value: unknown, paths: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => onlyPaths(item, paths));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const copy: Record<string, unknown> = {};
  for (const name of new Set(paths.map((path) => firstOf(path)))) {
    if (!Object.hasOwn(value, name)) continue;
    const child = (value as Record<string, unknown>)[name];
    const below = paths.filter((path) => firstOf(path) === name).map((path) => restOf(path));
    copy[name] = below.includes(undefined)
      ? child
      : onlyPaths(
          child,
          below.filter((path) => path !== undefined),
        );
  }
  return copy;
}

/** The database refuses a field beside one inside it. */
export function topmost(names: readonly string[]): string[] {
  const unique = [...new Set(names)];
  return unique.filter((name) => !unique.some((other) => name.startsWith(`${other}.`)));
}

function firstOf(path: string): string {
  return path.split('.', 1)[0] ?? '';
}

function restOf(path: string): string | undefined {
  const dot = path.indexOf('.');
  return dot < 0 ? undefined : path.slice(dot + 1);
}

function checkName(name: string): void {
  if (name.split('.').some((part) => part === '' || part.startsWith('$') || part.includes('\0')))
    throw new BadRequest(`Invalid filter: ${JSON.stringify(name)} is not a field name.`);
}

function jsonOrText(text: unknown, parameter: string): unknown {
  if (text === undefined || text === '') return undefined;
  if (Array.isArray(text)) return text;
  if (typeof text !== 'string') return String(text);
  if (!/^\s*[[{"]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new BadRequest(`Invalid JSON in ${parameter}: ${(error as Error).message}`);
  }
}

import type { FromAllApps, MissingApp, Page } from '#console-api';
import { call, CallFault, type CallOptions } from './call.js';

/** What answers of another form have of the one that is known: an app may be newer, or a proxy may have answered for it. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pageIn<Item>(body: unknown): Page<Item> | undefined {
  if (!isObject(body) || !Array.isArray(body['items'])) return undefined;
  const { next, ...rest } = body;
  return {
    ...rest,
    items: (body['items'] as readonly unknown[]).filter(isObject) as readonly Item[],
    ...(typeof next === 'string' ? { next } : {}),
  };
}

/** An app that answered, but not with what was asked for. */
export function otherForm(app: string): MissingApp {
  return { app, code: 'app.refused', message: 'Expected a list, found another form of answer.', since: '' };
}

/** Answers of all apps as they are shown: whose answer has another form is among those that are missing. */
export function answersIn<Body>(
  from: unknown,
  bodyIn: (body: unknown) => Body | undefined,
): FromAllApps<Body> {
  const { answers, missing, without } = isObject(from) ? from : {};
  const found: { readonly app: string; readonly body: Body }[] = [];
  const odd: MissingApp[] = [];
  for (const one of objectsIn(answers)) {
    const app = one['app'];
    if (typeof app !== 'string') continue;
    const body = bodyIn(one['body']);
    if (body === undefined) odd.push(otherForm(app));
    else found.push({ app, body });
  }
  return {
    answers: found,
    missing: [...(objectsIn(missing) as unknown as readonly MissingApp[]), ...odd],
    without: (Array.isArray(without) ? (without as readonly unknown[]) : []).map(String),
  };
}

function objectsIn(list: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? (list as readonly unknown[]).filter(isObject) : [];
}

/** @throws CallFault */
export async function callForLists<Item>(
  path: string,
  options: CallOptions,
): Promise<FromAllApps<Page<Item>>> {
  return answersIn(await call<unknown>(path, options), pageIn<Item>);
}

/** @throws CallFault */
export async function callForObjects<Body extends object>(
  path: string,
  options: CallOptions,
): Promise<FromAllApps<Body>> {
  return answersIn(await call<unknown>(path, options), (body) =>
    isObject(body) ? (body as Body) : undefined,
  );
}

/** @throws CallFault, where it is no list, too */
export async function callForPage<List extends Page<unknown>>(
  path: string,
  options: CallOptions,
): Promise<List> {
  const page = pageIn(await call<unknown>(path, options));
  if (page === undefined)
    throw new CallFault(200, { code: 'HTTP 200', message: 'Expected a list, found another form of answer.' });
  return page as List;
}

import type { FromAllApps, MissingApp, Page } from '#console-api';
import { call, CallFault, type CallOptions } from './call.js';
import type { JobOverview, JobPart } from './shapes.js';

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
function answersIn<Body>(from: unknown, bodyIn: (body: unknown) => Body | undefined): FromAllApps<Body> {
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

/** Lists of all apps that come without a page around them: whole, each. @throws CallFault */
export async function callForWholeLists<Item>(
  path: string,
  options: CallOptions,
): Promise<FromAllApps<Page<Item>>> {
  return answersIn(await call<unknown>(path, options), (body) =>
    Array.isArray(body) ? pageIn<Item>({ items: body as readonly unknown[] }) : undefined,
  );
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
  if (page === undefined) throw otherAnswer();
  return page as List;
}

/** An answer with the lists that are named. @throws CallFault */
export async function callWithLists<Body extends object>(
  path: string,
  options: CallOptions,
  ...names: readonly (keyof Body & string)[]
): Promise<Body> {
  const body = await call<unknown>(path, options);
  if (!isObject(body) || !names.every((name) => Array.isArray(body[name]))) throw otherAnswer();
  return body as Body;
}

/** One row after the other, without a page around them. @throws CallFault */
export async function callForRows<Row>(path: string, options: CallOptions): Promise<readonly Row[]> {
  const rows = await call<unknown>(path, options);
  if (!Array.isArray(rows)) throw otherAnswer();
  return (rows as readonly unknown[]).filter(isObject) as readonly Row[];
}

/** @throws CallFault */
export async function callForJob(path: string, options: CallOptions): Promise<JobOverview> {
  const body = await callWithLists<JobOverview>(path, options, 'retries', 'unsent');
  const datasets = pageIn<JobPart>(body.datasets);
  if (datasets === undefined || !isObject(body.job) || !isObject(body.job.datasets)) throw otherAnswer();
  return { ...body, datasets };
}

function otherAnswer(): CallFault {
  return new CallFault(200, { code: 'HTTP 200', message: 'Expected a list, found another form of answer.' });
}

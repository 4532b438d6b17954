import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { durationFrom } from '#kernel';
import { brokerDefinitionsOf, defaultRetryDelays, Naming } from '#messaging';
import { managementUrlOf, type AppSettings } from './app-environments.js';

interface Definitions {
  readonly queues: readonly { readonly name: string; readonly arguments?: Record<string, unknown> }[];
}

/**
 * Makes what the apps need at the broker before they come with accounts of their own: accounts, rights, queues. Does
 * nothing where nobody may make accounts (a broker from outside without its management address).
 */
export async function prepareBroker(settings: AppSettings): Promise<void> {
  const url = managementUrlOf(settings);
  if (url === undefined) return;
  const tiers = settings.extra?.archiver?.['CATENA_RETRY_TIERS'];
  const definitions = brokerDefinitionsOf({
    naming: new Naming(settings.prefix),
    retryDelays: tiers?.split(',').map(durationFrom) ?? defaultRetryDelays,
    passwords: settings.secrets.broker,
    feed: await feedNamesIn(settings.jobConfigurationFile),
  }) as Definitions;
  await dropFormerQueues(url, definitions);
  await call(url, 'POST', '/api/definitions', definitions);
}

/** Names of the legacy feed in a job configuration. */
async function feedNamesIn(file: string): Promise<string[]> {
  const names = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { actionType, exchange, queue } = value as Record<string, unknown>;
    if (actionType === 'rabbitmq') for (const name of [exchange, queue]) names.add(String(name));
    for (const part of Object.values(value)) look(part);
  };
  look(parse(await readFile(file, 'utf8')));
  return [...names];
}

/** Inboxes and retry tiers of earlier versions led back without an exchange: what is in them is sent again by its emitters. */
async function dropFormerQueues(url: URL, { queues }: Definitions): Promise<void> {
  const there = (await call(url, 'GET', '/api/queues/%2F')) as Definitions['queues'];
  const former = new Map(
    there.filter((queue) => queue.arguments?.[deadLetterExchange] === '').map((queue) => [queue.name, queue]),
  );
  for (const { name, arguments: wanted } of queues)
    if (former.has(name) && wanted?.[deadLetterExchange] !== '')
      await call(url, 'DELETE', `/api/queues/%2F/${encodeURIComponent(name)}`);
}

const deadLetterExchange = 'x-dead-letter-exchange';

async function call(url: URL, method: string, path: string, body?: object): Promise<unknown> {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const response = await fetch(new URL(path, url.origin), {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(
      `expected the broker at ${url.host} to take ${method} ${path}, found ${response.status}: ${text.slice(0, 500)}`,
    );
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

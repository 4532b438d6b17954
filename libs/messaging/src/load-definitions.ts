import { messageOf, TransientError } from '#kernel';

interface Definitions {
  readonly queues: readonly { readonly name: string; readonly arguments?: Record<string, unknown> }[];
}

const deadLetterExchange = 'x-dead-letter-exchange';

/**
 * Loads definitions (`brokerDefinitionsOf`) into a broker through its management plugin. May be done again at any time,
 * and has to be after an upgrade that brings new messages.
 *
 * @param url of the management plugin, with the account of an administrator
 * @param virtualHost that the definitions are for
 * @throws TransientError `messaging.definitions-refused`
 */
export async function loadDefinitions(url: URL, definitions: object, virtualHost = '/'): Promise<void> {
  await dropFormerQueues(url, virtualHost, definitions as Definitions);
  await call(url, 'POST', '/api/definitions', definitions);
}

/**
 * Cuts all connections of an account.
 *
 * @param url as of `loadDefinitions`
 * @throws TransientError `messaging.definitions-refused`
 */
export async function disconnectAccount(url: URL, account: string): Promise<void> {
  await call(url, 'DELETE', `/api/connections/username/${encodeURIComponent(account)}`);
}

/** Names of the legacy feed in a job configuration: every exchange and queue of its `rabbitmq` actions. */
export function feedNamesOf(jobConfiguration: unknown): string[] {
  const names = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { actionType, exchange, queue } = value as Record<string, unknown>;
    if (actionType === 'rabbitmq')
      for (const name of [exchange, queue]) if (typeof name === 'string' && name !== '') names.add(name);
    for (const part of Object.values(value)) look(part);
  };
  look(jobConfiguration);
  return [...names];
}

/** Inboxes and retry tiers of earlier versions led back without an exchange: what is in them is sent again by its emitters. */
async function dropFormerQueues(url: URL, virtualHost: string, { queues }: Definitions): Promise<void> {
  const path = `/api/queues/${encodeURIComponent(virtualHost)}`;
  const there = (await call(url, 'GET', path)) as Definitions['queues'];
  const former = new Map(
    there.filter((queue) => queue.arguments?.[deadLetterExchange] === '').map((queue) => [queue.name, queue]),
  );
  for (const { name, arguments: wanted } of queues)
    if (former.has(name) && wanted?.[deadLetterExchange] !== '')
      await call(url, 'DELETE', `${path}/${encodeURIComponent(name)}`);
}

async function call(url: URL, method: string, path: string, body?: object): Promise<unknown> {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const response = await fetch(`${url.origin}${url.pathname.replace(/\/+$/, '')}${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  }).catch((error: unknown) => {
    throw refused(url, method, path, reasonOf(error));
  });
  const text = await response.text();
  if (!response.ok) throw refused(url, method, path, `${response.status}: ${text.slice(0, 500)}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

/** What lies behind "fetch failed". */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return messageOf(cause instanceof Error ? cause : error);
}

function refused(url: URL, method: string, path: string, found: string): TransientError {
  return new TransientError(
    'messaging.definitions-refused',
    `Expected the broker's management plugin at ${url.host} to take ${method} ${path}, found ${found}. Is it up, and is the account an administrator's?`,
  );
}

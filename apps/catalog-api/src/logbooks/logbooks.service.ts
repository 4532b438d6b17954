import { Inject, Injectable } from '@nestjs/common';
import { messageOf, TransientError } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import type { Logbook } from '../answers/common.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { parseJsonObject } from '../domain/filter-parts.js';
import { Catalogue } from '../persistence/catalogue.js';

type Message = Record<string, unknown>;

/** The facility's logbook service, seen by those whose proposals the logbooks are named after. */
@Injectable()
export class Logbooks {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  async visibleTo(caller: Caller): Promise<Logbook[]> {
    const all = await this.ask('/Logbooks');
    if (!Array.isArray(all)) return [];
    const logbooks = all.filter(isLogbook);
    const open = await this.openTo(
      caller,
      logbooks.map(({ name }) => name),
    );
    return logbooks.filter(({ name }) => open.has(name)).sort(byLastMessage);
  }

  /** Undefined when there is none of this name, or it is not the caller's to see. */
  async visibleByName(caller: Caller, name: string, filters: unknown): Promise<Logbook | undefined> {
    const open = await this.openTo(caller, [name]);
    return open.has(name) ? this.byName(name, filters) : undefined;
  }

  /**
   * One logbook, without a question who asks: for callers whose right follows from another record, as of a dataset.
   *
   * @throws BadRequest for filters that are no JSON object
   * @throws TransientError `catalog.logbook-away`
   */
  async byName(name: string, filters: unknown): Promise<Logbook | undefined> {
    const wanted = parseJsonObject(typeof filters === 'string' ? filters : undefined, 'filters');
    const query = `?filter=${encodeURIComponent(JSON.stringify(wanted))}`;
    const found = await this.ask(`/Logbooks/${encodeURIComponent(name)}${query}`);
    return isLogbook(found) ? { ...found, messages: pageOf(found.messages, wanted) } : undefined;
  }

  private async openTo(caller: Caller, names: readonly string[]): Promise<Set<string>> {
    const condition = this.rules.condition(accessTable.logbook.read, caller);
    if (condition === undefined) return new Set(names);
    const proposals = await this.catalogue
      .records('Proposal')
      .find(both({ _id: { $in: [...names] } }, condition), { projection: { _id: 1 } })
      .toArray();
    return new Set(proposals.map(({ _id }) => _id));
  }

  /** Undefined when logbooks are switched off, or the service has none. */
  private async ask(path: string): Promise<unknown> {
    const { logbooks, http } = this.config.edge;
    if (logbooks === undefined) return undefined;
    try {
      const response = await fetch(`${logbooks.url}${path}`, { signal: AbortSignal.timeout(http.timeout) });
      if (response.status === 404) return undefined;
      if (!response.ok) throw new Error(`status ${response.status}`);
      return await response.json();
    } catch (error) {
      throw new TransientError(
        'catalog.logbook-away',
        `Expected an answer of the logbook service ${logbooks.url}, found: ${messageOf(error)}. Look at LOGBOOK_BASE_URL.`,
        { cause: error },
      );
    }
  }
}

function isLogbook(value: unknown): value is Logbook {
  return typeof value === 'object' && value !== null && typeof (value as Logbook).name === 'string';
}

function pageOf(messages: unknown, { skip, limit, sortField }: Record<string, unknown>): Message[] {
  const all = Array.isArray(messages) ? [...(messages as Message[])] : [];
  if (typeof sortField === 'string') {
    const [field = '', direction] = sortField.split(':');
    const sign = direction === 'desc' ? -1 : 1;
    all.sort((first, second) => sign * compare(valueAt(first, field), valueAt(second, field)));
  }
  const start = typeof skip === 'number' && skip > 0 ? skip : 0;
  return typeof limit === 'number' && limit > 0 ? all.slice(start, start + limit) : all.slice(start);
}

/** The one with the newest last message first, those without messages last. */
function byLastMessage(first: Logbook, second: Logbook): number {
  return lastTime(second) - lastTime(first);
}

function lastTime({ messages }: Logbook): number {
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  const time = (last as Message | undefined)?.['origin_server_ts'];
  return typeof time === 'number' ? time : 0;
}

/** Logbooks name a message's time, sender and text beside it or inside; senders are sorted without their `@`. */
function valueAt(message: Message, field: string): unknown {
  if (field === 'entry') return (message['content'] as Message | undefined)?.['body'];
  if (field === 'sender') return String(message['sender'] ?? '').replace(/^@/, '');
  return message[field] ?? message[field === 'timestamp' ? 'origin_server_ts' : field];
}

function compare(first: unknown, second: unknown): number {
  if (typeof first === 'number' && typeof second === 'number') return first - second;
  const [one, other] = [String(first), String(second)];
  return one < other ? -1 : one > other ? 1 : 0;
}

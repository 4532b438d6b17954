import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import type { GraphqlGroupsConfig } from '../identity.config.js';

/** The facility's module that knows its GraphQL service. */
interface GroupsHandler {
  /** The query, with `{{userId}}` where the person's id belongs, or a function that makes it. */
  readonly query: string | ((userId: string) => string);
  /** Takes the names of the groups out of the answer. */
  readonly responseProcessor: (answer: unknown) => unknown;
}

/** Where a person's groups come from: a fixed list, the directory, a claim of the provider, a service of the facility. */
@Injectable()
export class AccessGroups {
  private handler: Promise<GroupsHandler> | undefined;

  constructor(
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Undefined when the facility's service cannot say: then the groups of the last time stay. */
  async of(person: {
    id: string;
    claims?: Readonly<Record<string, unknown>> | undefined;
    groups?: readonly string[] | undefined;
  }): Promise<string[] | undefined> {
    const { static: fixed, oidcClaim, graphql } = this.config.identity.groups;
    const claimed = oidcClaim === undefined ? undefined : person.claims?.[oidcClaim];
    const fromService = graphql === undefined ? [] : await this.fromService(graphql, person.id);
    if (fromService === undefined) return undefined;
    const fromProvider = [...(person.groups ?? []), ...(Array.isArray(claimed) ? claimed : [])];
    const groups = [...fixed, ...fromProvider, ...fromService];
    return [...new Set(groups.filter(isName).map((name) => name.trim()))];
  }

  private async fromService(graphql: GraphqlGroupsConfig, id: string): Promise<unknown[] | undefined> {
    try {
      const { query, responseProcessor } = await this.handlerOf(graphql);
      const response = await fetch(graphql.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(graphql.token === undefined ? {} : { authorization: `Bearer ${graphql.token}` }),
        },
        body: JSON.stringify({
          query: typeof query === 'function' ? query(id) : query.replaceAll('{{userId}}', quoted(id)),
        }),
        signal: AbortSignal.timeout(this.config.edge.http.timeout),
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const groups = responseProcessor(await response.json());
      if (!Array.isArray(groups)) throw new Error('responseProcessor answered no list');
      return groups;
    } catch (error) {
      this.logger.error(
        { service: graphql.url, error: messageOf(error) },
        'the group service gave no groups; the ones of the last sign-in stay',
      );
      return undefined;
    }
  }

  private handlerOf({ handler }: GraphqlGroupsConfig): Promise<GroupsHandler> {
    this.handler ??= import(pathToFileURL(resolve(handler)).href) as Promise<GroupsHandler>;
    return this.handler;
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** The inside of a GraphQL string: an id never ends the string it stands in. */
function quoted(id: string): string {
  return JSON.stringify(id).slice(1, -1);
}

import type { OpenApiDocument } from '../../apps/catalog-api/src/openapi/document.js';
import type { Chance } from './random.js';
import { anyObject, anyQueryText, anyText, anyValue } from './values.js';

type Fields = Record<string, unknown>;

export interface FuzzRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Favourite {
  readonly operations: RegExp;
  readonly ids: readonly string[];
}

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly body: Fields | undefined;
}

/** Makes requests after the OpenAPI document: right ones, nearly right ones, and rubbish. */
export class RequestGenerator {
  private readonly operations: readonly Operation[];

  constructor(
    private readonly document: OpenApiDocument,
    private readonly chance: Chance,
    /** Ids of records that exist, tried as path parameters. */
    private readonly ids: readonly string[],
    /** Operations that are costly, and meet the records they are about more often than chance would have it. */
    private readonly favourites: readonly Favourite[] = [],
  ) {
    this.operations = operationsOf(document);
  }

  next(): FuzzRequest {
    const favourite = this.chance.happens(0.1) ? this.chance.pick(this.favourites) : undefined;
    const operation = this.chance.pick(
      favourite === undefined
        ? this.operations
        : this.operations.filter(({ id }) => favourite.operations.test(id)),
    );
    const idFor = (): string =>
      favourite !== undefined && this.chance.happens(0.8) ? this.chance.pick(favourite.ids) : this.id();
    const path = operation.path.replace(/\{\w+\}/g, () => encodeURIComponent(wellFormed(idFor())));
    return {
      operation: operation.id,
      method: operation.method.toUpperCase(),
      path: `${path}${this.query(operation)}`,
      body: this.body(operation),
      headers: this.headers(operation),
    };
  }

  private id(): string {
    const id = this.chance.happens(0.8) ? this.chance.pick(this.ids) : anyText(this.chance);
    return id === '' || id === '.' || id === '..' ? 'x' : id;
  }

  private query({ query }: Operation): string {
    const names = query.filter(() => this.chance.happens(0.8));
    if (this.chance.happens(0.05))
      names.push(this.chance.pick(['access_token', 'filter', '__proto__', 'x[y]']));
    const parts = names.map(
      (name) => `${name}=${encodeURIComponent(wellFormed(anyQueryText(this.chance, name)))}`,
    );
    if (names.length > 0 && this.chance.happens(0.03)) parts.push(parts[0]!);
    return parts.length === 0 ? '' : `?${parts.join('&')}`;
  }

  private body({ method, body }: Operation): string | undefined {
    if (method === 'get' || (method === 'delete' && body === undefined)) return undefined;
    if (this.chance.happens(0.03)) return '{"broken": ';
    if (body === undefined)
      return this.chance.happens(0.5) ? undefined : JSON.stringify(anyValue(this.chance));
    if (this.chance.happens(0.1)) return JSON.stringify(anyValue(this.chance));
    return JSON.stringify(this.instance(body));
  }

  private headers({ body, method }: Operation): Record<string, string> {
    const hasBody = body !== undefined || method === 'post' || method === 'patch' || method === 'put';
    return {
      ...(hasBody
        ? {
            'content-type': this.chance.pick([
              'application/json',
              'application/json',
              'application/json',
              'application/merge-patch+json',
              'text/plain',
            ]),
          }
        : {}),
      ...(this.chance.happens(0.05) ? { 'if-match': this.chance.pick(['*', '"x"', 'nonsense']) } : {}),
      ...(this.chance.happens(0.05)
        ? { 'if-unmodified-since': this.chance.pick(['now', '2030-01-01', '']) }
        : {}),
      ...(this.chance.happens(0.03) ? { filter: this.chance.pick(['{}', '{"where":', '[1]']) } : {}),
      ...(this.chance.happens(0.03) ? { 'idempotency-key': this.chance.pick(['a', 'x'.repeat(300)]) } : {}),
    };
  }

  /** A value of the schema; now and then a part of it is something else. */
  private instance(schema: Fields, depth = 0): unknown {
    if (depth > 6 || this.chance.happens(0.06)) return anyValue(this.chance, 3);
    const {
      $ref,
      oneOf,
      allOf,
      enum: choices,
    } = schema as { $ref?: string; oneOf?: Fields[]; allOf?: Fields[]; enum?: unknown[] };
    if ($ref !== undefined)
      return this.instance(this.document.components.schemas[$ref.split('/').at(-1)!] as Fields, depth);
    if (oneOf !== undefined) return this.instance(this.chance.pick(oneOf), depth);
    if (allOf !== undefined) return Object.assign({}, ...allOf.map((part) => this.instance(part, depth)));
    if (choices !== undefined) return this.chance.pick(choices);
    return this.plain(schema, depth);
  }

  private plain(schema: Fields, depth: number): unknown {
    switch (schema['type']) {
      case 'integer':
      case 'number':
        return this.chance.pick([0, 1, 7, 2 ** 27, 2 ** 40, 1.5]);
      case 'boolean':
        return this.chance.happens(0.5);
      case 'array':
        return Array.from({ length: this.chance.happens(0.02) ? 600 : this.chance.below(3) }, () =>
          this.instance((schema['items'] ?? {}) as Fields, depth + 1),
        );
      case 'string':
        return this.text(schema);
      default:
        return schema['properties'] === undefined ? anyObject(this.chance) : this.object(schema, depth);
    }
  }

  private object(schema: Fields, depth: number): Fields {
    const required = (schema['required'] ?? []) as string[];
    const properties = Object.entries(schema['properties'] as Record<string, Fields>);
    return Object.fromEntries(
      properties
        .filter(([name]) => (required.includes(name) ? !this.chance.happens(0.04) : this.chance.happens(0.3)))
        .map(([name, property]) => [name, this.property(name, property, depth)]),
    );
  }

  private property(name: string, schema: Fields, depth: number): unknown {
    if (this.chance.happens(0.7)) {
      if (name === 'ownerGroup') return this.chance.pick(['group1', 'group2', 'foreign']);
      if (name === 'type') return this.chance.pick(['raw', 'derived', 'x']);
      if (/pid|datasetId|Id$|doi/i.test(name) && schema['type'] === 'string') return this.id();
    }
    return this.instance(schema, depth + 1);
  }

  private text(schema: Fields): string {
    if (schema['format'] === 'date-time')
      return this.chance.pick(['2020-01-01T00:00:00.000Z', '2020', 'never']);
    if (schema['format'] === 'email' || schema['pattern'] !== undefined)
      return this.chance.pick(['ada@example.org', 'x']);
    return this.chance.happens(0.7)
      ? this.chance.pick(['a', 'word', '/data/x', 'raw'])
      : anyText(this.chance);
  }
}

function operationsOf(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const parameters = operation['parameters'] as { name: string; in: string }[];
      const body = operation['requestBody'] as { content: Record<string, { schema: Fields }> } | undefined;
      return {
        id: String(operation['operationId']),
        method,
        path,
        query: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
        body: body?.content['application/json']?.schema,
      };
    }),
  );
}

/** URLs cannot carry half a character. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udfff]/g, '\ufffd');
}

import { RequestMethod, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import {
  HTTP_CODE_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  ROUTE_ARGS_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { isDto } from '../http/scicat-validation.pipe.js';
import {
  areaKey,
  operationKey,
  type NameByVersion,
  type OperationDescription,
} from '../http/operation.decorator.js';

/** One endpoint in one version of the API, as Nest routes it. */
export interface OperationEntry {
  readonly id: string;
  readonly area: string;
  /** Lower case: `get`. */
  readonly method: string;
  /** With parameters in braces: `/api/v3/datasets/{pid}`. */
  readonly path: string;
  readonly status: number;
  readonly query: readonly string[];
  readonly headers: readonly string[];
  readonly description: OperationDescription;
}

type Version = string | typeof VERSION_NEUTRAL;

interface RouteArgument {
  readonly data?: unknown;
  /** Place in the handler's list of parameters. */
  readonly index: number;
}

type RouteArguments = Readonly<Record<string, RouteArgument>>;

const methods: Readonly<Record<number, string>> = {
  [RequestMethod.GET]: 'get',
  [RequestMethod.POST]: 'post',
  [RequestMethod.PUT]: 'put',
  [RequestMethod.PATCH]: 'patch',
  [RequestMethod.DELETE]: 'delete',
};

/** The operations of controllers, read from the same metadata that routes requests to them. */
export function operationsOf(controllers: readonly Type[]): OperationEntry[] {
  return controllers.flatMap((controller) => {
    const prototype = controller.prototype as object;
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      // By its descriptor: reading a getter of the prototype would run it without an instance.
      const handler: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
      const isRoute = typeof handler === 'function' && Reflect.hasMetadata(METHOD_METADATA, handler);
      return isRoute ? entriesOf(controller, name, handler) : [];
    });
  });
}

/** Endpoints without a description: what the document would miss. */
export function undescribed(controllers: readonly Type[]): string[] {
  return operationsOf(controllers)
    .filter(({ id }) => id === '')
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`);
}

function entriesOf(controller: Type, name: string, handler: object): OperationEntry[] {
  const description = Reflect.getMetadata(operationKey, handler) as OperationDescription | undefined;
  const versions = [Reflect.getMetadata(VERSION_METADATA, controller) ?? '3'].flat() as Version[];
  const roots = [Reflect.getMetadata(PATH_METADATA, controller) ?? ''].flat() as string[];
  const paths = [Reflect.getMetadata(PATH_METADATA, handler) ?? ''].flat() as string[];
  const method = methods[Reflect.getMetadata(METHOD_METADATA, handler) as number] ?? 'get';
  const status =
    (Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined) ??
    (method === 'post' ? 201 : 200);
  const parameters = argumentsOf(controller, name);
  const body = bodyOf(controller, name);
  const area = (Reflect.getMetadata(areaKey, controller) as NameByVersion | undefined) ?? 'catena';
  return versions.flatMap((version) =>
    roots.flatMap((root) =>
      paths.map((path) => ({
        id: nameIn(version, description?.id ?? ''),
        area: nameIn(version, area),
        method,
        path: pathOf(version, root, path),
        status,
        query: parameters(RouteParamtypes.QUERY),
        headers: parameters(RouteParamtypes.HEADERS),
        description: { ...(body === undefined ? {} : { body }), ...(description ?? { id: '' }) },
      })),
    ),
  );
}

function nameIn(version: Version, name: NameByVersion): string {
  return typeof name === 'string' ? name : (name[version as '3' | '4'] ?? '');
}

/** Names of the parameters of one kind that a handler takes one by one. */
function argumentsOf(controller: Type, name: string): (kind: RouteParamtypes) => string[] {
  return (kind) =>
    Object.entries(routeArgumentsOf(controller, name))
      .filter(([key, { data }]) => key.startsWith(`${kind}:`) && typeof data === 'string')
      .map(([, { data }]) => data as string)
      .filter((parameter) => parameter !== 'content-type')
      .sort();
}

/** The DTO class of the body parameter: the one that the body is checked by. */
function bodyOf(controller: Type, name: string): (new () => object) | undefined {
  const types = (Reflect.getMetadata('design:paramtypes', controller.prototype as object, name) ??
    []) as unknown[];
  return Object.entries(routeArgumentsOf(controller, name))
    .filter(([key]) => key.startsWith(`${RouteParamtypes.BODY}:`))
    .map(([, { index }]) => types[index])
    .find(isDto);
}

function routeArgumentsOf(controller: Type, name: string): RouteArguments {
  return (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as RouteArguments;
}

function pathOf(version: Version, root: string, path: string): string {
  const prefix = typeof version === 'string' ? `/api/v${version}` : '';
  const whole = [root, path].map((part) => part.replace(/^\/|\/$/g, '')).filter((part) => part !== '');
  return `${prefix}/${whole.join('/')}`.replace(/:(\w+)/g, '{$1}').replace(/\/$/, '') || '/';
}

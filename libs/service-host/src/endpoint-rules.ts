import { RequestMethod, type INestApplicationContext, type Type } from '@nestjs/common';
import { GUARDS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { PermanentError } from '#kernel';
import { ruleOf } from './endpoint-rule.decorator.js';

/** A guard, and the kind of rules that it asks. */
interface AskingGuard {
  readonly asks?: string;
}

/**
 * Rule or no boot: an endpoint that does not say who may call it, or whose rule no guard asks, stops the start.
 *
 * @param asked kinds of rules that a guard of the whole app asks; other guards say so themselves (`static asks`)
 * @throws PermanentError `service-host.endpoint-without-rule` naming each of them
 */
export function refuseWithoutRule(app: INestApplicationContext, asked: readonly string[] = []): void {
  const modules = [...app.get(ModulesContainer).values()];
  const controllers = modules.flatMap((module) =>
    [...module.controllers.values()].map(({ metatype }) => metatype as Type),
  );
  const odd = [...new Set(controllers)].flatMap((one) => withoutRule(one, asked));
  if (odd.length > 0)
    throw new PermanentError(
      'service-host.endpoint-without-rule',
      `Expected a rule on every endpoint that says who may call it, found none, or none that a guard asks, on ${odd.join(', ')}. ` +
        "Decorate the method, or its class, with a rule of the app (catalog-api: @Admits, @SignedIn), @Operators() or @Open('why').",
    );
}

function withoutRule(controller: Type, asked: readonly string[]): string[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name] as object;
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined || isAsked(handler, controller, asked)) return [];
    const [root, path] = [controller, handler].map((one) => textOf(Reflect.getMetadata(PATH_METADATA, one)));
    const route = `/${root}/${path}`.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
    return [`${controller.name}.${name} (${RequestMethod[method]} ${route})`];
  });
}

function isAsked(handler: object, controller: Type, asked: readonly string[]): boolean {
  const rule = ruleOf(handler, controller);
  if (rule === undefined) return false;
  const guards = [handler, controller].flatMap(
    (one) => (Reflect.getMetadata(GUARDS_METADATA, one) ?? []) as AskingGuard[],
  );
  return ['open', ...asked, ...guards.map(({ asks }) => asks)].includes(rule.kind);
}

function textOf(path: unknown): string {
  return typeof path === 'string' ? path : '';
}

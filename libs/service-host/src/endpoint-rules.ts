import { RequestMethod, type INestApplicationContext, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { PermanentError } from '#kernel';
import { ruleOf } from './endpoint-rule.decorator.js';

/**
 * Rule or no boot: an endpoint that does not say who may call it stops the start.
 *
 * @throws PermanentError `service-host.endpoint-without-rule` naming each of them
 */
export function refuseWithoutRule(app: INestApplicationContext): void {
  const modules = [...app.get(ModulesContainer).values()];
  const controllers = modules.flatMap((module) =>
    [...module.controllers.values()].map(({ metatype }) => metatype as Type),
  );
  const odd = [...new Set(controllers)].flatMap(withoutRule);
  if (odd.length > 0)
    throw new PermanentError(
      'service-host.endpoint-without-rule',
      `Expected a rule on every endpoint that says who may call it, found none on ${odd.join(', ')}. ` +
        "Decorate the method, or its class, with a rule of the app (catalog-api: @Admits, @SignedIn), @Operators() or @Open('why').",
    );
}

function withoutRule(controller: Type): string[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name] as object;
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined || ruleOf(handler, controller) !== undefined) return [];
    const [root, path] = [controller, handler].map((one) => String(Reflect.getMetadata(PATH_METADATA, one)));
    const route = `/${root ?? ''}/${path ?? ''}`.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
    return [`${controller.name}.${name} (${RequestMethod[method]} ${route})`];
  });
}

import 'reflect-metadata';
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';

type Token = unknown;
type Factory = (wiring: Wiring) => unknown;

interface ModuleParts {
  readonly imports: readonly unknown[];
  readonly providers: readonly Provider[];
  readonly controllers: readonly Type[];
}

/**
 * The wiring of an app as its Nest modules say it, without Nest: what is asked for is made, with what it needs, and the ports
 * are replaced by their twins. A story starts and ends a dozen apps; Nest takes tens of milliseconds for each.
 */
export class Wiring {
  private readonly factories = new Map<Token, Factory>();
  private readonly made = new Map<Token, unknown>();
  readonly controllers: Type[] = [];
  /** Classes among the providers, each once. */
  readonly classes = new Set<Type>();

  /** @param replaced by their tokens, what stands in the place of providers: a value, or what makes one */
  constructor(root: Type | DynamicModule, replaced: ReadonlyMap<Token, Factory>) {
    this.gather(root, new Set());
    this.factories.set(ModuleRef, () => ({ get: (token: Token) => this.get(token) }));
    for (const [token, factory] of replaced) this.factories.set(token, factory);
  }

  /** @throws Error for what nobody provides */
  get<Made>(token: unknown): Made {
    if (this.made.has(token)) return this.made.get(token) as Made;
    const factory = this.factories.get(token);
    if (factory === undefined)
      throw new Error(`Expected a provider of ${nameOf(token)} in the modules of the app, found none.`);
    const made = factory(this);
    this.made.set(token, made);
    return made as Made;
  }

  private gather(module: Type | DynamicModule, seen: Set<unknown>): void {
    if (seen.has(module)) return;
    seen.add(module);
    const { imports, providers, controllers } = partsOf(module);
    for (const one of imports) this.gather(one as Type | DynamicModule, seen);
    for (const controller of controllers) {
      this.controllers.push(controller);
      this.factories.set(controller, (wiring) => wiring.construct(controller));
    }
    for (const provider of providers) this.provide(provider);
  }

  private provide(provider: Provider): void {
    if (typeof provider === 'function') {
      this.classes.add(provider);
      this.factories.set(provider, (wiring) => wiring.construct(provider));
      return;
    }
    const { provide } = provider;
    if ('useValue' in provider) this.factories.set(provide, () => provider.useValue as unknown);
    else if ('useExisting' in provider)
      this.factories.set(provide, (wiring) => wiring.get(provider.useExisting));
    else if ('useClass' in provider) {
      const made = provider.useClass;
      this.factories.set(provide, (wiring) => wiring.construct(made));
    } else
      this.factories.set(provide, (wiring) => {
        const given = (provider.inject ?? []).map((token) =>
          wiring.get(typeof token === 'object' && 'token' in token ? token.token : token),
        );
        return provider.useFactory(...given) as unknown;
      });
  }

  construct(type: Type): unknown {
    const types = (Reflect.getMetadata('design:paramtypes', type) ?? []) as Token[];
    const named = (Reflect.getMetadata('self:paramtypes', type) ?? []) as { index: number; param: Token }[];
    const optional = (Reflect.getMetadata('optional:paramtypes', type) ?? []) as number[];
    const tokens = types.map((token, index) => named.find((one) => one.index === index)?.param ?? token);
    const given = tokens.map((token, index) => {
      if (optional.includes(index) && !this.factories.has(token)) return undefined;
      try {
        return this.get(token);
      } catch (error) {
        throw new Error(`${type.name} > ${error instanceof Error ? error.message : String(error)}`);
      }
    });
    return new type(...given);
  }
}

function partsOf(module: Type | DynamicModule): ModuleParts {
  const [type, dynamic] = 'module' in module ? [module.module, module] : [module, undefined];
  const metadata = <Part>(name: string): Part[] => (Reflect.getMetadata(name, type) ?? []) as Part[];
  return {
    imports: [...metadata<unknown>('imports'), ...(dynamic?.imports ?? [])],
    providers: [...metadata<Provider>('providers'), ...(dynamic?.providers ?? [])],
    controllers: [...metadata<Type>('controllers'), ...(dynamic?.controllers ?? [])],
  };
}

function nameOf(token: unknown): string {
  return typeof token === 'function' ? token.name : String(token);
}

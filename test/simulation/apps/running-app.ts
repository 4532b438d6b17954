import type { Type } from '@nestjs/common';
import type { Envelope } from '#contracts';
import { HostedLoop } from '#leased-work';
import { CatenaServer, type Outcome } from '#messaging';
import { isInStories, type Hooked } from './hooks.js';
import type { Wiring } from './wiring.js';

/** Where Nest keeps the message type of a method marked with `@Handles`. */
const patternKey = 'microservices:pattern';

/** One life of an app. */
export class RunningApp {
  /** Whether it has started all that works by itself: requests are let in after that. */
  isUp = false;
  private sweeps: readonly HostedLoop[] = [];

  constructor(
    private readonly wiring: Wiring,
    /** What an app cannot go on without threw. */
    private readonly onFatal: (error: unknown) => void,
  ) {}

  get<Made>(token: abstract new (...given: never[]) => Made): Made {
    return this.wiring.get<Made>(token);
  }

  /** As Nest does: handlers at the broker, then everything that works by itself. */
  start(): void {
    const hooked = [...this.wiring.classes].filter(isInStories).map((type) => this.wiring.get<Hooked>(type));
    this.sweeps = hooked.filter((one): one is HostedLoop => one instanceof HostedLoop && !isQuick(one));
    for (const one of hooked) this.watched(one.onModuleInit?.());
    const server = this.wiring.get<CatenaServer>(CatenaServer);
    for (const [type, handle] of this.handlers()) server.addHandler(type, handle as never, true);
    server.listen((error) => {
      if (error !== undefined) return this.onFatal(error);
      for (const one of hooked) this.watched(one.onApplicationBootstrap?.());
      this.isUp = true;
    });
  }

  sweep(): void {
    for (const loop of this.sweeps) loop.wake();
  }

  private *handlers(): Generator<[string, (envelope: Envelope<object>) => Promise<Outcome>]> {
    for (const controller of this.wiring.controllers)
      for (const method of handlingMethods(controller)) {
        const instance = this.wiring.get<Record<string, (envelope: object) => Promise<Outcome>>>(controller);
        yield [method.type, (envelope) => instance[method.name]!(envelope)];
      }
  }

  private watched(started: unknown): void {
    if (started instanceof Promise) started.catch(this.onFatal);
  }
}

/** Loops that look every second by themselves. */
const quick = ['PlanningLoop', 'Dispatcher', 'AcceptedReports', 'JobSettling', 'WaitingReports'];

function isQuick(loop: HostedLoop): boolean {
  return quick.includes(loop.constructor.name);
}

const known = new Map<Type, readonly { readonly name: string; readonly type: string }[]>();

function handlingMethods(controller: Type): readonly { readonly name: string; readonly type: string }[] {
  const found = known.get(controller) ?? handlingMethodsOf(controller);
  known.set(controller, found);
  return found;
}

function handlingMethodsOf({ prototype }: Type): { name: string; type: string }[] {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(prototype as object));
  return methods.flatMap(([name, { value }]) => {
    const [type] =
      typeof value === 'function'
        ? ((Reflect.getMetadata(patternKey, value as object) ?? []) as string[])
        : [];
    return type === undefined ? [] : [{ name, type }];
  });
}

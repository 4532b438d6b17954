import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import type { World } from './world.js';

const RealDate = Date;
const realGlobals = {
  ...{ setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate },
  ...{ random: Math.random, Date },
};
const realCrypto = { randomUUID: crypto.randomUUID, randomBytes: crypto.randomBytes };
const realTimers = { setTimeout: timersPromises.setTimeout, setImmediate: timersPromises.setImmediate };

/** A timer of simulated time, with the methods that Node's own have. */
class SimulatedTimer {
  private takeBack: () => void = () => undefined;

  constructor(
    private readonly world: World,
    private readonly milliseconds: number,
    private readonly act: () => void,
    private readonly repeats: boolean,
  ) {
    this.begin();
  }

  clear(): void {
    this.takeBack();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    this.takeBack();
    this.begin();
    return this;
  }

  private begin(): void {
    const { scheduler } = this.world;
    this.takeBack = scheduler.after(this.milliseconds, scheduler.current, 'timer', () => {
      if (this.repeats) this.begin();
      this.act();
    });
  }
}

function timer(world: World, repeats: boolean) {
  return (act: (...given: unknown[]) => void, milliseconds = 0, ...given: unknown[]) =>
    new SimulatedTimer(world, Math.max(1, Number(milliseconds) || 0), () => act(...given), repeats);
}

function clear(given: unknown): void {
  if (given instanceof SimulatedTimer) given.clear();
  else realGlobals.clearTimeout(given as NodeJS.Timeout);
}

function simulatedDate(world: World): DateConstructor {
  const now = (): number => world.scheduler.now;
  return class SimulatedDate extends RealDate {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(now());
      else super(...(given as [number]));
    }

    static override now(): number {
      return now();
    }

    /** The runtime makes its own dates. */
    static override [Symbol.hasInstance](value: unknown): boolean {
      return Object.prototype.toString.call(value) === '[object Date]';
    }
  } as DateConstructor;
}

/**
 * While `story` runs, the time, timers and random numbers of this operating-system process are those of the world: code of the
 * product notices nothing. One world at a time.
 */
export async function inTimeOf<Result>(world: World, story: () => Promise<Result>): Promise<Result> {
  // Rows of their own for each process, and for ids: a twin that makes ids, where a real service makes none, shifts nothing else.
  const drawn = (what: string): number => world.chance.next(`${what} ${world.scheduler.current?.name ?? ''}`);
  const random = (): number => drawn('random');
  const bytes = (size: number): Buffer =>
    Buffer.from(Array.from({ length: size }, () => Math.floor(drawn('bytes') * 256)));
  const sleep = (milliseconds = 0, value?: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const stop = (): void => reject(Object.assign(new Error('aborted'), { name: 'AbortError' }));
      if (signal?.aborted === true) return stop();
      signal?.addEventListener('abort', stop, { once: true });
      timer(world, false)(() => resolve(value), milliseconds);
    });
  Object.assign(globalThis, {
    setTimeout: timer(world, false),
    setInterval: timer(world, true),
    setImmediate: (act: (...given: unknown[]) => void, ...given: unknown[]) =>
      timer(world, false)(act, 0, ...given),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
    Date: simulatedDate(world),
  });
  Math.random = random;
  Object.assign(crypto, { randomUUID: () => uuidOf(bytes(16)), randomBytes: bytes });
  Object.assign(timersPromises, {
    setTimeout: sleep,
    setImmediate: (value?: unknown) => sleep(0, value),
  });
  syncBuiltinESMExports();
  try {
    return await story();
  } finally {
    const { random: realRandom, ...globals } = realGlobals;
    Object.assign(globalThis, globals);
    Math.random = realRandom;
    Object.assign(crypto, realCrypto);
    Object.assign(timersPromises, realTimers);
    syncBuiltinESMExports();
  }
}

function uuidOf(bytes: Buffer): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

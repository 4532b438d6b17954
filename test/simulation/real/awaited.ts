import { Readable } from 'node:stream';
import type { Scheduler } from '../world/scheduler.js';

type Methods = Record<string | symbol, unknown>;

const generators = new Set(['list', 'listSetAside', 'pendingUploads']);

/**
 * A real port in simulated time: the next moment begins only when a call is over. Bytes come and go whole, so that nothing
 * real goes on between two moments.
 */
export function awaited<Port extends object>(port: Port, scheduler: Scheduler): Port {
  return new Proxy(port, {
    get: (target, property, awaitedPort) => {
      if (property === 'identity') return Reflect.get(target, property, awaitedPort) as unknown;
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function' || typeof property === 'symbol' || property === 'constructor')
        return value;
      const method = value.bind(target) as (...given: unknown[]) => unknown;
      if (generators.has(property))
        return async function* (...given: unknown[]) {
          yield* await scheduler.meanwhile(allOf(method(...given) as AsyncIterable<unknown>));
        };
      return async (...given: unknown[]) => {
        const whole = await Promise.all(given.map(wholeOf));
        return scheduler.meanwhile(called(method, whole, scheduler));
      };
    },
  });
}

async function called(
  method: (...given: unknown[]) => unknown,
  given: readonly unknown[],
  scheduler: Scheduler,
): Promise<unknown> {
  const answer = await method(...given);
  if (answer instanceof Readable) return readable(await wholeOf(answer));
  if (typeof answer !== 'object' || answer === null) return answer;
  const { body, commit } = answer as Methods;
  if (body instanceof Readable) return { ...answer, body: readable(await wholeOf(body)) };
  return typeof commit === 'function' ? awaited(answer, scheduler) : answer;
}

function readable(content: unknown): Readable {
  return Readable.from([content as Buffer], { objectMode: false });
}

/** A body as one buffer; what is none stays as it is. */
async function wholeOf(given: unknown): Promise<unknown> {
  if (typeof given !== 'object' || given === null || Buffer.isBuffer(given)) return given;
  if (!(Symbol.asyncIterator in given)) return given;
  return Buffer.concat((await allOf(given as AsyncIterable<Uint8Array>)).map((chunk) => Buffer.from(chunk)));
}

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

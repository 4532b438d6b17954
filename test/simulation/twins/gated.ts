import type { Gate } from '../world/gate.js';

type Methods = Record<string | symbol, unknown>;

/** Objects that a service hands out, whose own methods are calls of it as well: a writer of a file. */
const handedOut = new Set(['create']);
const generators = new Set(['list', 'listSetAside', 'pendingUploads']);
/** What is known without asking. */
const known = new Set<string | symbol>(['name', 'constructor', 'then']);

/** A port behind a gate: each of its calls takes a while, happens at one moment, and may go wrong on the way. */
export function gated<Port extends object>(port: Port, gate: Gate): Port {
  return new Proxy(port, {
    get: (target, property, gatedPort) => {
      // A storage's identity is a file on it: it is read and written through the gate as well.
      if (property === 'identity') return Reflect.get(target, property, gatedPort) as unknown;
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function' || typeof property === 'symbol' || known.has(property)) return value;
      const method = value.bind(target) as (...given: unknown[]) => unknown;
      if (generators.has(property))
        return async function* (...given: unknown[]) {
          yield* await gate.call(property, () => allOf(method(...given) as AsyncIterable<unknown>));
        };
      return async (...given: unknown[]) => {
        const answer = await gate.call(property, () => method(...given));
        return handedOut.has(property) ? gatedObject(answer as Methods, gate, property) : answer;
      };
    },
  });
}

function gatedObject(object: Methods, gate: Gate, what: string): Methods {
  return new Proxy(object, {
    get: (target, property) => {
      const value = Reflect.get<Methods, string | symbol>(target, property, target);
      if (typeof value !== 'function' || typeof property === 'symbol') return value;
      return (...given: unknown[]) =>
        gate.call(`${what}.${property}`, () =>
          (value as (...all: unknown[]) => unknown).apply(target, given),
        );
    },
  });
}

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

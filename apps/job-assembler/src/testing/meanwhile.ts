/**
 * A collection whose first call of a method that counts has another writer come before it: between the look of whoever uses it
 * and its write.
 *
 * @param skip calls that go by before
 */
export function meanwhileOn<Of extends object>(
  collection: Of,
  method: keyof Of & string,
  another: () => Promise<unknown>,
  skip = 1,
): Of {
  let calls = 0;
  return new Proxy(collection, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name, target);
      if (typeof found !== 'function') return found;
      if (name !== method) return found.bind(target) as unknown;
      return async (...parameters: unknown[]): Promise<unknown> => {
        if ((calls += 1) === skip) await another();
        return (found as (...given: unknown[]) => unknown).apply(target, parameters);
      };
    },
  });
}

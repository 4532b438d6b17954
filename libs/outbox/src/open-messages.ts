import type { OpenMessages } from './outbox-store.js';

export const maxKinds = 200;

/** The same kind in several collections is one; oldest first. */
export function mergedKinds(kinds: readonly OpenMessages[]): OpenMessages[] {
  const merged = new Map<string, OpenMessages>();
  for (const kind of kinds) {
    const key = JSON.stringify([kind.type, kind.consumer, kind.state]);
    const other = merged.get(key);
    merged.set(
      key,
      other === undefined
        ? kind
        : {
            ...kind,
            count: kind.count + other.count,
            oldest: kind.oldest < other.oldest ? kind.oldest : other.oldest,
          },
    );
  }
  return [...merged.values()]
    .sort((one, other) => one.oldest.getTime() - other.oldest.getTime())
    .slice(0, maxKinds);
}

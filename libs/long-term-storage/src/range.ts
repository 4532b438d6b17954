import { PermanentError } from '#kernel';
import type { LongTermReadOptions } from './long-term-storage.js';

/**
 * The bytes to read: from `start` up to, not including, `end`.
 *
 * @throws PermanentError `long-term-storage.range-invalid`
 */
export function rangeOf(
  name: string,
  size: number,
  { offset = 0, length = Infinity }: LongTermReadOptions,
): { start: number; end: number } {
  const whole = Number.isSafeInteger(offset) && (length === Infinity || Number.isSafeInteger(length));
  if (!whole || offset < 0 || length < 0 || (offset >= size && offset > 0)) {
    throw new PermanentError(
      'long-term-storage.range-invalid',
      `Expected a range within the ${size} bytes of "${name}", found ${length} bytes from ${offset}.`,
      { details: { name, size, offset, length } },
    );
  }
  return { start: offset, end: Math.min(size, offset + length) };
}

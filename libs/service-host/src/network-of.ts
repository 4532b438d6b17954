import { isIPv6 } from 'node:net';

/** Whom an address counts for: one household or institution has a whole /64 of IPv6 addresses. */
export function networkOf(address: string): string {
  const plain = address.replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  const [start = '', end] = plain.toLowerCase().split('::');
  const groups = start === '' ? [] : start.split(':');
  if (end !== undefined) {
    const left = 8 - groups.length - (end === '' ? 0 : end.split(':').length);
    groups.push(...Array.from({ length: Math.max(0, left) }, () => '0'));
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

import { isIP, isIPv6 } from 'node:net';

const withPort = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/;

/**
 * Whom an address counts for: one household or institution has a whole /64 of IPv6 addresses. The port that some proxies
 * write behind it is left out, and whatever is no address counts as one place: nobody gets a new place by making one up.
 */
export function networkOf(address: string): string {
  const [, inBrackets, beforePort] = withPort.exec(address) ?? [];
  const plain = (inBrackets ?? beforePort ?? address).replace(/%.*$/, '');
  if (isIP(plain) === 0) return 'no address';
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

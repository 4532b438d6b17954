import { Failure } from '#command-line';

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A time to come as apps take it: `90m`, `2h`, `3d` from now, or a time with its zone.
 *
 * @throws Failure `usage`: without a zone it would be a time of the server's
 */
export function timeIn(text: string, now = new Date()): string {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined)
    return new Date(now.getTime() + Number(count) * (units[unit] ?? 0)).toISOString();
  const at = new Date(text);
  if (/(Z|[+-]\d{2}:?\d{2})$/i.test(text) && !Number.isNaN(at.getTime())) return at.toISOString();
  throw new Failure(
    'usage',
    `Expected in --until a time such as 2027-01-31T18:00:00Z, or 90m, 2h or 3d from now, found ${JSON.stringify(text)}.`,
  );
}

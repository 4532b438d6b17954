/** With more places than this not all combinations are looked for: 2^8 pids are one question to the catalogue. */
const maxPlaces = 8;

/**
 * All other pids that had the same name as this one before 0.2, when `/` and `_` were not told apart.
 *
 * @returns undefined when there are too many to ask for
 */
export function sharingFormerName(pid: string): string[] | undefined {
  const parts = pid.split(/([/_])/);
  const places = (parts.length - 1) / 2;
  if (places > maxPlaces) return undefined;
  const others: string[] = [];
  for (let choice = 0; choice < 2 ** places; choice += 1) {
    const other = parts
      .map((part, index) => (index % 2 === 0 ? part : (choice >> ((index - 1) / 2)) & 1 ? '_' : '/'))
      .join('');
    if (other !== pid) others.push(other);
  }
  return others;
}

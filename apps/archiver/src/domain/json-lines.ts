/** The values of a body with one line of JSON for each. */
export function jsonLinesOf<Line>(body: Buffer): Line[] {
  return body
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** An address without its query: queries may hold tokens, which no log and no answer may show. */
export function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

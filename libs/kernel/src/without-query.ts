/** An address without its query: queries may hold tokens, which no log and no answer may show. */
export function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

/** A text without what stands before the `@` of addresses in it: names and passwords. */
export function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1');
}

/** Where a printable page carries its certificate. */
export const certificateElement = 'catena-certificate';

/** What of a file may be a certificate: the JSON itself, or that inside a printable page; undefined when there is none. */
export function certificateIn(text: string): unknown {
  const page = new RegExp(`<pre id="${certificateElement}">([^<]*)</pre>`).exec(text);
  const json = page === null ? text : unescaped(page[1] ?? '');
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const entities: Readonly<Record<string, string>> = {
  '&quot;': '"',
  '&lt;': '<',
  '&gt;': '>',
  '&#39;': "'",
  '&amp;': '&',
};

function unescaped(text: string): string {
  return text.replace(/&(?:quot|lt|gt|#39|amp);/g, (entity) => entities[entity] ?? entity);
}

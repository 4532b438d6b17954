/** One block of a stream of server-sent events; a sign of life has no event. */
export interface HeardEvent {
  readonly id?: number;
  readonly event?: string;
  readonly data: string;
}

/** Characters of one block: a longer one is none of catalog-api's. */
const longest = 1024 * 1024;

/**
 * Reads server-sent events, block by block, until the stream ends.
 *
 * @throws Error when a block is too long, or the connection breaks
 */
export async function* heardEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<HeardEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > longest)
      throw new Error(`Expected events of at most ${longest} characters, found more.`);
    const blocks = text.replaceAll('\r\n', '\n').split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield eventIn(block);
  }
}

function eventIn(block: string): HeardEvent {
  const fields = block.split('\n').map((line): [string, string] => {
    const at = line.indexOf(':');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')];
  });
  const value = (name: string): string | undefined => fields.findLast(([key]) => key === name)?.[1];
  const [id, event] = [value('id'), value('event')];
  const data = fields.flatMap(([key, text]) => (key === 'data' ? [text] : [])).join('\n');
  return {
    data,
    ...(id !== undefined && /^\d{1,16}$/.test(id) ? { id: Number(id) } : {}),
    ...(event === undefined ? {} : { event }),
  };
}

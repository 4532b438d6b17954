/** Bytes of the largest answer that is read. */
const most = 8 * 1024 * 1024;

/** An answer that is larger than anybody would show. */
class AnswerTooLarge extends Error {}

/**
 * The text of an answer, up to a size: what is larger is left unread.
 *
 * @throws AnswerTooLarge
 */
export async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > most)
      throw new AnswerTooLarge(`Expected an answer of at most ${most} bytes, found more: ask for less.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

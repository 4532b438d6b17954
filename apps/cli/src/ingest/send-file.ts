import { createHash } from 'node:crypto';
import { backOff, messageOf, wait } from '#kernel';
import { Failure, nameText, type Progress } from '#command-line';
import type { Bandwidth } from '../bandwidth.js';
import type { LandingZone, PutLink } from './landing-zone.js';
import { sendBytes, type Sent } from './send-bytes.js';
import { SteadyFile } from './steady-file.js';
import type { FoundFile } from './walk.js';

export interface Transfer {
  readonly root: string;
  readonly landingZone: LandingZone;
  readonly progress: Progress;
  readonly bandwidth: Bandwidth;
  /** How much travels at once, where a person has said it. */
  readonly concurrency: number | undefined;
}

const maxTries = 6;

/**
 * Sends a file that fits into one request.
 *
 * @returns its SHA-256, of the bytes that were sent
 */
export async function sendFile(transfer: Transfer, file: FoundFile, link: PutLink): Promise<string> {
  const steady = await SteadyFile.open(transfer.root, file);
  let { url } = link;
  let sha256 = '';
  try {
    await patiently(transfer, file.path, {
      send: async () => {
        const hash = createHash('sha256');
        const body = counted(
          transfer.bandwidth.paced(steady.read(0, file.size)),
          transfer.progress,
          (chunk) => hash.update(chunk),
        );
        const sent = await sendBytes({
          url,
          size: file.size,
          body: body.chunks,
          signal: transfer.landingZone.signal,
        }).catch(body.takeBack);
        if (sent.status >= 300) body.undo();
        sha256 = hash.digest('hex');
        return sent;
      },
      renew: async () => {
        const [fresh] = await transfer.landingZone.links([{ path: file.path, size: file.size }]);
        if (fresh?.kind === 'put') url = fresh.url;
      },
    });
    await steady.assertUnchanged();
    return sha256;
  } finally {
    await steady.close();
  }
}

/** Sends until it arrives: again after a broken connection or a busy store, with a new link when the old one has ended. */
export async function patiently(
  { landingZone: { signal } }: Transfer,
  path: string,
  { send, renew }: { send: () => Promise<Sent>; renew: () => Promise<void> },
): Promise<Sent> {
  for (let attempt = 1; ; attempt += 1) {
    const sent = await send().catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof Failure) throw error;
      return { status: 599, etag: '', text: messageOf(error) };
    });
    if (sent.status < 300) return sent;
    const passing = sent.status >= 500 || sent.status === 429 || sent.status === 403;
    if (!passing || attempt === maxTries) {
      const found = sent.status === 599 ? sent.text : `${sent.status} ${sent.text.slice(0, 200)}`;
      const outcome = sent.status >= 500 ? 'unreachable' : 'failed';
      throw new Failure(
        outcome,
        `Expected the landing zone to take ${nameText(path)}, found: ${found}. Run the same command again to go on.`,
      );
    }
    await wait(200 + backOff(attempt, 300, 5000), signal);
    if (sent.status === 403) await renew();
  }
}

/** Counts bytes as they go, and takes them back when they have to go again. */
export function counted(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  progress: Progress,
  onChunk: (chunk: Buffer) => void = () => undefined,
): { chunks: AsyncGenerator<Buffer>; undo: () => void; takeBack: (error: unknown) => never } {
  let bytes = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      onChunk(chunk);
      yield chunk;
      bytes += chunk.length;
      progress.advance(chunk.length);
    }
  }
  const undo = (): void => {
    progress.advance(-bytes);
    bytes = 0;
  };
  const takeBack = (error: unknown): never => {
    undo();
    throw error;
  };
  return { chunks: chunks(), undo, takeBack };
}

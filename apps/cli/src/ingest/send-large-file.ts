import { Failure } from '#command-line';
import type { FoundFile } from './walk.js';
import { ContiguousDigest } from './contiguous-digest.js';
import { partWindow, type MultipartLink, type PartLink } from './landing-zone.js';
import { sendBytes } from './send-bytes.js';
import { counted, patiently, type Transfer } from './send-file.js';
import { SteadyFile } from './steady-file.js';

/** Bytes of parts held in memory, so that several travel at once while the file is read, and hashed, only once. */
const heldBytes = 256 * 2 ** 20;
const maxInFlight = 4;
/** Links live for an hour; parts are asked for anew well before. */
const linkAge = 20 * 60_000;

interface PartSource {
  readonly start: number;
  readonly length: number;
  body(): AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** Sends a file in parts. Parts that have arrived already are only read, for the checksum. */
export async function sendLargeFile(
  transfer: Transfer,
  file: FoundFile,
  link: MultipartLink,
): Promise<string> {
  const steady = await SteadyFile.open(transfer.root, file);
  try {
    const upload = new PartUpload(transfer, file, link);
    const digest = new ContiguousDigest();
    const held = link.partSize <= heldBytes / 2;
    for await (const part of upload.parts()) {
      const start = (part.partNumber - 1) * link.partSize;
      const length = Math.min(link.partSize, file.size - start);
      const chunks = hashed(steady, start, length, digest);
      const ready =
        held || part.etag !== undefined ? await keep(chunks, held && part.etag === undefined) : undefined;
      const body = ready === undefined ? () => hashed(steady, start, length, digest) : () => ready;
      await upload.add(part, { start, length, body });
      if (!held) await upload.settled();
    }
    await upload.settled();
    await steady.assertUnchanged();
    await transfer.landingZone.complete(file.path, link.uploadId, upload.etags());
    return digest.hex();
  } finally {
    await steady.close();
  }
}

/** Parts on their way, a few at a time. */
class PartUpload {
  private readonly arrived = new Map<number, string>();
  private readonly inFlight = new Set<Promise<void>>();
  private readonly urls = new Map<number, { readonly url: string; readonly at: number }>();
  private fault: { error: unknown } | undefined;

  constructor(
    private readonly transfer: Transfer,
    private readonly file: FoundFile,
    private readonly link: MultipartLink,
  ) {
    this.remember(link.parts);
  }

  /** All parts in their order; the links of each window are asked for when its turn has come. */
  async *parts(): AsyncGenerator<PartLink> {
    const { parts, totalParts = parts.length } = this.link;
    for (let window = parts, next = 1; ; window = await this.ask(next)) {
      if (window[0]?.partNumber !== next) throw unexpectedParts(this.file, next);
      yield* window;
      next += window.length;
      if (next > totalParts) return;
    }
  }

  /** Waits until there is room, then sends in the background. */
  async add(part: PartLink, source: PartSource): Promise<void> {
    if (part.etag !== undefined) {
      this.arrived.set(part.partNumber, part.etag);
      return this.transfer.progress.advance(source.length);
    }
    const room = Math.max(
      1,
      Math.min(this.transfer.concurrency ?? maxInFlight, Math.floor(heldBytes / this.link.partSize)),
    );
    while (this.inFlight.size >= room) await Promise.race(this.inFlight);
    this.throwFault();
    const sending = this.send(part.partNumber, source)
      .catch((error: unknown) => void (this.fault ??= { error }))
      .finally(() => this.inFlight.delete(sending));
    this.inFlight.add(sending);
  }

  async settled(): Promise<void> {
    await Promise.all(this.inFlight);
    this.throwFault();
  }

  etags(): { partNumber: number; etag: string }[] {
    return [...this.arrived]
      .map(([partNumber, etag]) => ({ partNumber, etag }))
      .sort((a, b) => a.partNumber - b.partNumber);
  }

  private async send(partNumber: number, { length, body }: PartSource): Promise<void> {
    const { progress, landingZone, bandwidth } = this.transfer;
    if (Date.now() - (this.urls.get(partNumber)?.at ?? 0) > linkAge) await this.ask(partNumber);
    const { etag } = await patiently(this.transfer, this.file.path, {
      send: async () => {
        const bytes = counted(bandwidth.paced(body()), progress);
        const url = this.urls.get(partNumber)?.url ?? '';
        const sent = await sendBytes({
          url,
          size: length,
          body: bytes.chunks,
          signal: landingZone.signal,
        }).catch(bytes.takeBack);
        if (sent.status >= 300) bytes.undo();
        return sent;
      },
      renew: () => this.ask(partNumber).then(() => undefined),
    });
    this.arrived.set(partNumber, etag);
  }

  /** Links from this part on. */
  private async ask(firstPart: number): Promise<readonly PartLink[]> {
    const { path, size } = this.file;
    const { uploadId } = this.link;
    const wanted = { path, size, uploadId, firstPart, partCount: partWindow };
    const [fresh] = await this.transfer.landingZone.links([wanted]);
    if (fresh?.kind !== 'multipart') return [];
    this.remember(fresh.parts);
    return fresh.parts;
  }

  private remember(parts: readonly PartLink[]): void {
    const at = Date.now();
    for (const { partNumber, url } of parts) this.urls.set(partNumber, { url, at });
  }

  private throwFault(): void {
    if (this.fault !== undefined) throw this.fault.error;
  }
}

function unexpectedParts({ path }: FoundFile, next: number): Failure {
  return new Failure(
    'failed',
    `Expected the server to give links of ${path} from part ${next} on, found others: command line and server do not fit together.`,
  );
}

async function* hashed(
  steady: SteadyFile,
  start: number,
  length: number,
  digest: ContiguousDigest,
): AsyncGenerator<Buffer> {
  let position = start;
  for await (const chunk of steady.read(start, length)) {
    digest.update(position, chunk);
    position += chunk.length;
    yield chunk;
  }
}

/** Reads to the end, and keeps what was read if it is to be sent. */
async function keep(chunks: AsyncIterable<Buffer>, wanted: boolean): Promise<Buffer[]> {
  const kept: Buffer[] = [];
  for await (const chunk of chunks) if (wanted) kept.push(chunk);
  return kept;
}

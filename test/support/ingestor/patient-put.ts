import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { IngestorFailed } from './ingestor-errors.js';
import { exchange, type Incoming } from './http-exchange.js';

/** Tries after the first, of hashicorp's go-retryablehttp as the Ingestor sets it up. */
const retries = 10;

/** Sends bytes to presigned addresses, all of a process through one client. */
export class PatientPut {
  /** Requests that were sent again. */
  repeated = 0;
  private readonly agent = new Agent({ keepAlive: true });

  /** @param pause milliseconds after the attempt of this number; the Ingestor: 1 s, doubled, at most 30 s */
  constructor(
    private readonly pause: (attempt: number) => number,
    private readonly gone?: AbortSignal,
  ) {}

  close(): void {
    this.agent.destroy();
  }

  /**
   * @param address in base64, as presignedUrls has it
   * @returns the ETag without quotes
   */
  async put(address: string, content: Buffer, checksum: string, signal?: AbortSignal): Promise<string> {
    const url = Buffer.from(address, 'base64').toString();
    const signals = [this.gone, signal].filter((one) => one !== undefined);
    const { status, headers, body } = await this.tried(url, content, checksum, AbortSignal.any(signals));
    if (status !== 200) throw new IngestorFailed(`upload failed: ${status} ${body.toString()}`);
    return String(headers.etag ?? '').replaceAll('"', '');
  }

  private async tried(
    url: string,
    content: Buffer,
    checksum: string,
    signal: AbortSignal,
  ): Promise<Incoming> {
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      const outcome = await exchange({
        method: 'PUT',
        url,
        body: content,
        agent: this.agent,
        headers: {
          'x-amz-checksum-sha256': checksum,
          'x-amz-storage-class': 'GLACIER',
          'content-type': '',
        },
        signal,
      }).catch((error: unknown) => error as Error);
      signal.throwIfAborted();
      const failed = outcome instanceof Error;
      if (!failed && !isWorthAnotherTry(outcome.status)) return outcome;
      if (attempt === retries)
        throw new IngestorFailed(
          `giving up after ${retries + 1} attempts: ${failed ? outcome.message : `${outcome.status} ${outcome.body.toString()}`}`,
        );
      this.repeated += 1;
      await sleep(failed ? this.pause(attempt) : (askedFor(outcome) ?? this.pause(attempt)), undefined, {
        signal,
      });
    }
  }
}

/** Milliseconds that a busy server asks for: they take the place of the client's own pause. */
function askedFor({ status, headers }: Incoming): number | undefined {
  const seconds = Number(headers['retry-after']);
  const isHeard = (status === 429 || status === 503) && Number.isInteger(seconds);
  return isHeard ? seconds * 1000 : undefined;
}

function isWorthAnotherTry(status: number): boolean {
  return status === 429 || status === 0 || (status >= 500 && status !== 501);
}

/** SHA-256, raw. */
export function digestOf(content: Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}

import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Sending {
  readonly url: string;
  readonly size: number;
  readonly body: AsyncIterable<Buffer> | Iterable<Buffer>;
  readonly signal: AbortSignal;
}

export interface Sent {
  readonly status: number;
  readonly etag: string;
  readonly text: string;
}

const silence = 120_000;
const agents = {
  'http:': new HttpAgent({ keepAlive: true, maxSockets: 16 }),
  'https:': new HttpsAgent({ keepAlive: true, maxSockets: 16 }),
};

/**
 * Puts bytes to a signed link. Not with `fetch`, which would send a stream without its length, and object stores refuse that.
 */
export async function sendBytes({ url, size, body, signal }: Sending): Promise<Sent> {
  const { protocol } = new URL(url);
  const options = {
    method: 'PUT',
    headers: { 'content-length': size, 'content-type': 'application/octet-stream' },
    agent: protocol === 'https:' ? agents['https:'] : agents['http:'],
    timeout: silence,
    signal,
  };
  const request = protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
  request.once('timeout', () => request.destroy(new Error(`no sign of life for ${silence / 1000} s`)));
  const answer = new Promise<Sent>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text = (text + chunk).slice(0, 2000)));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, etag: response.headers.etag ?? '', text }),
      );
    });
  });
  // The first failure decides: a refusal that comes before all bytes were sent, or the source.
  const [sent] = await Promise.all([answer, pipeline(Readable.from(body, { objectMode: false }), request)]);
  return sent;
}

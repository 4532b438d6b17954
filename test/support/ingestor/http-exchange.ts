import { request as plain, type Agent, type IncomingHttpHeaders } from 'node:http';
import { request as encrypted } from 'node:https';
import { gunzipSync } from 'node:zlib';

/** A request as Go's net/http sends it: a known length, no chunks, no `Expect`. */
export interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

export interface Incoming {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Milliseconds without a byte from the server after which a test has failed; the client itself waits for ever. */
const patience = 120_000;

/** @throws the error of the connection when no whole answer came */
export function exchange({ method, url, headers = {}, body, agent, signal }: Outgoing): Promise<Incoming> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? encrypted : plain;
    const asked = send(url, {
      method,
      headers: {
        'user-agent': 'Go-http-client/1.1',
        'accept-encoding': 'gzip',
        // Set by hand: Node would send an empty body of a POST in chunks.
        ...(method === 'GET' ? {} : { 'content-length': String(body?.length ?? 0) }),
        ...headers,
      },
      ...(agent === undefined ? {} : { agent }),
      ...(signal === undefined ? {} : { signal }),
    });
    asked.setTimeout(patience, () => asked.destroy(new Error(`no byte from ${url} in ${patience} ms`)));
    asked.on('error', reject);
    asked.on('response', (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => {
        const raw = Buffer.concat(pieces);
        const zipped = answer.headers['content-encoding'] === 'gzip';
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: zipped ? gunzipSync(raw) : raw,
        });
      });
    });
    asked.end(body);
  });
}

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId, wait } from '#kernel';
import type { SampleTar } from './sample-tar.js';

/** How a link behaves that a worker reads from; as a good one unless said. */
export interface LinkBehaviour {
  /** Answers with it, and no bytes. */
  readonly status?: number;
  /** Cuts the connection after so many bytes. */
  readonly cutAfter?: number;
  /** A little now and then, until it is released. */
  readonly slow?: boolean;
}

/** What came of a PUT. */
export interface Arrived {
  readonly size: number;
  readonly sha256: string;
  readonly contentLength: string | undefined;
}

/** A link that a worker was given, and what it did with it. */
export class Link {
  requests = 0;
  /** What was put there, whole. */
  readonly arrived: Arrived[] = [];
  private readonly released = new AbortController();
  private readonly beginning = new AbortController();
  private readonly leaving = new AbortController();

  constructor(
    readonly url: string,
    private readonly sample: SampleTar,
    private readonly behaviour: LinkBehaviour,
  ) {}

  /** Resolves when the first bytes are under way. */
  get begun(): Promise<void> {
    return firing(this.beginning.signal);
  }

  /** Resolves when a connection is gone before all was sent. */
  get left(): Promise<void> {
    return firing(this.leaving.signal);
  }

  /** A slow link is a fast one from now on. */
  release(): void {
    this.released.abort();
  }

  async give(response: ServerResponse): Promise<void> {
    const { status = 200, cutAfter, slow = false } = this.behaviour;
    const { bytes } = this.sample;
    response.on('close', () => {
      if (!response.writableFinished) this.leaving.abort();
    });
    if (status !== 200) {
      response.writeHead(status).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/x-tar', 'content-length': bytes.length });
    let at = 0;
    const step = Math.max(1024, Math.floor(bytes.length / 400));
    while (slow && at < bytes.length - step && !this.released.signal.aborted && !response.destroyed) {
      response.write(bytes.subarray(at, at + step));
      at += step;
      this.beginning.abort();
      await wait(50, this.released.signal);
    }
    if (response.destroyed) return;
    this.beginning.abort();
    if (cutAfter === undefined) response.end(bytes.subarray(at));
    else response.write(bytes.subarray(at, cutAfter), () => response.destroy());
  }

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status } = this.behaviour;
    const digest = createHash('sha256');
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      digest.update(chunk);
      size += chunk.length;
    }
    const contentLength = request.headers['content-length'];
    if (status === undefined) this.arrived.push({ size, sha256: digest.digest('hex'), contentLength });
    response.writeHead(status ?? 200).end();
  }
}

async function firing(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** The object store of the checks: links that workers read from and write to, good ones and others. */
export class Links {
  private readonly links = new Map<string, Link>();

  private constructor(
    private readonly server: Server,
    private readonly base: string,
  ) {}

  /** @param reachedAt what the worker shall use instead of the address that the server listens on */
  static async open(host: string, port: number, reachedAt?: string): Promise<Links> {
    const server = createServer((request, response) => void links.answer(request, response));
    server.listen(port, host);
    await once(server, 'listening');
    const { port: found } = server.address() as AddressInfo;
    const shown = host.includes(':') ? `[${host}]` : host;
    const links = new Links(server, (reachedAt ?? `http://${shown}:${found}`).replace(/\/+$/, ''));
    return links;
  }

  make(sample: SampleTar, behaviour: LinkBehaviour = {}): Link {
    const path = `/${newId()}/copy.tar`;
    const link = new Link(`${this.base}${path}?signature=check`, sample, behaviour);
    this.links.set(path, link);
    return link;
  }

  /** So that no worker hangs at the link of a check that is over. */
  releaseAll(): void {
    for (const link of this.links.values()) link.release();
  }

  async close(): Promise<void> {
    this.releaseAll();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const link = this.links.get(new URL(request.url ?? '/', 'http://check').pathname);
    try {
      if (link === undefined || !['GET', 'PUT'].includes(request.method ?? '')) {
        response.writeHead(404).end();
        return;
      }
      link.requests += 1;
      await (request.method === 'GET' ? link.give(response) : link.take(request, response));
    } catch {
      // The worker went away in the middle.
      response.destroy();
    }
  }
}

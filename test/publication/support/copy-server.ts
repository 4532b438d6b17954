import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { writeDatablock } from '#datablock';
import type { FileLine } from '#publication-feed';
import { memberId } from '../../../apps/publication-server/src/persistence/records.js';
import { fileLine } from './public-records.js';
import type { PublicSite } from './public-site.js';

/** Serves copies of real datablocks with ranges, as an object store does, and counts what is asked of it. */
export class CopyServer {
  private readonly copies = new Map<string, Buffer>();
  readonly requests: { readonly archiveId: string; readonly range: string }[] = [];
  /** Bytes handed to the network. */
  sent = 0;
  /** Takes a request over when it returns true. */
  trouble: (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean = () => false;

  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(): Promise<CopyServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const self = new CopyServer(server, `http://127.0.0.1:${port}`);
    server.on('request', (request, response) => self.answer(request, response));
    return self;
  }

  /** Packs files into a datablock, and tells the site of it. The lines of its file list are given back. */
  async add(
    site: PublicSite,
    archiveId: string,
    files: Readonly<Record<string, Buffer>>,
    more: { readonly time?: string; readonly withoutCopy?: boolean } = {},
  ): Promise<FileLine[]> {
    const time = more.time ?? '2026-01-02T03:04:05.000Z';
    const parts: { offset: number; bytes: Buffer }[] = [];
    let end = 0;
    const { manifest, packedSize } = await writeDatablock({
      identity: { archiveId },
      members: Object.entries(files).map(([path, content]) => ({
        path,
        size: content.length,
        modifiedAt: new Date(time),
        permissions: 0o644,
        open: () => Promise.resolve(Readable.from([content])),
      })),
      sink: {
        write: (chunk) => {
          parts.push({ offset: end, bytes: Buffer.from(chunk) });
          end += chunk.length;
          return Promise.resolve();
        },
        writeAt: (offset, chunk) => {
          parts.push({ offset, bytes: Buffer.from(chunk) });
          return Promise.resolve();
        },
      },
    });
    const tar = Buffer.alloc(packedSize);
    for (const { offset, bytes } of parts) bytes.copy(tar, offset);
    this.copies.set(archiveId, tar);
    await site.store.members.bulkWrite(
      manifest.members.map(({ path, offset, size, sha256 }) => ({
        replaceOne: {
          filter: { _id: memberId(archiveId, path) },
          replacement: { archiveId, offset, size, sha256 },
          upsert: true,
        },
      })),
    );
    if (more.withoutCopy !== true) await this.offer(site, archiveId);
    return manifest.members.map(({ path, size, sha256 }) =>
      fileLine(path, { size, sha256, time, archiveId, member: path }),
    );
  }

  async offer(
    site: PublicSite,
    archiveId: string,
    more: { url?: string; expiresAt?: Date } = {},
  ): Promise<void> {
    const tar = this.copies.get(archiveId) ?? Buffer.alloc(0);
    await site.store.copies.replaceOne(
      { _id: archiveId },
      {
        archiveId,
        members: 1,
        url: more.url ?? `${this.origin}/copies/${archiveId}?signature=abc`,
        size: tar.length,
        sha256: createHash('sha256').update(tar).digest('hex'),
        expiresAt: more.expiresAt ?? new Date(Date.now() + 3_600_000),
      },
      { upsert: true },
    );
  }

  /** Changes a byte of a copy, as a broken disk would. */
  damage(archiveId: string, offset: number): void {
    const tar = this.copies.get(archiveId)!;
    tar[offset] = (tar[offset] ?? 0) ^ 0xff;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const archiveId = /^\/copies\/([^?]*)/.exec(request.url ?? '')?.[1] ?? '';
    const tar = this.copies.get(archiveId);
    const { range = '' } = request.headers;
    this.requests.push({ archiveId, range });
    const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    if (tar === undefined || last === '') return void response.writeHead(404).end();
    const body = tar.subarray(Number(first), Number(last) + 1);
    if (this.trouble(request, response, body)) return;
    response.writeHead(206, {
      'content-length': body.length,
      'content-range': `bytes ${first}-${Number(first) + body.length - 1}/${tar.length}`,
    });
    this.pour(response, body, 0);
  }

  private pour(response: ServerResponse, body: Buffer, from: number): void {
    for (let at = from; at < body.length; at += 65_536) {
      const piece = body.subarray(at, at + 65_536);
      this.sent += piece.length;
      if (!response.write(piece))
        return void response.once('drain', () => this.pour(response, body, at + 65_536));
    }
    response.end();
  }
}

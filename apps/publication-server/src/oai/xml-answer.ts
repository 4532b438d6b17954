import { Readable, pipeline } from 'node:stream';
import { createDeflate, createGzip } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import type { OaiAnswer } from './oai.service.js';

type Encoding = 'gzip' | 'deflate' | 'identity';

/** Sends an answer while it is made. One that fails on the way is cut off, never ended as if it were whole. */
export function sendXml(reply: FastifyReply, answer: OaiAnswer, acceptEncoding: string | undefined): void {
  const encoding = encodingFor(acceptEncoding);
  const source = Readable.from(answer.chunks);
  source.once('close', () => void answer.close().catch(() => undefined));
  void reply
    .header('content-type', 'text/xml; charset=utf-8')
    .header('vary', 'Accept-Encoding')
    .header('cache-control', 'no-cache')
    .header('access-control-allow-origin', '*')
    .header('x-content-type-options', 'nosniff');
  if (encoding === 'identity') return void reply.send(source);
  const packer = encoding === 'gzip' ? createGzip({ level: 5 }) : createDeflate({ level: 5 });
  // Fastify hears of a failure from the packer, which the pipeline destroys.
  pipeline(source, packer, () => undefined);
  void reply.header('content-encoding', encoding).send(packer);
}

/** The encoding a reader likes best; identity for who says nothing. */
export function encodingFor(accept = ''): Encoding {
  const qualities = new Map<string, number>();
  for (const part of accept.split(',').slice(0, 20)) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const quality = parameters.find((text) => text.startsWith('q='));
    if (name !== '') qualities.set(name, quality === undefined ? 1 : Number(quality.slice(2)) || 0);
  }
  const qualityOf = (name: Encoding): number => qualities.get(name) ?? qualities.get('*') ?? 0;
  const [best] = (['gzip', 'deflate'] as const)
    .filter((name) => qualityOf(name) > 0)
    .sort((a, b) => qualityOf(b) - qualityOf(a));
  return best !== undefined && qualityOf(best) >= (qualities.get('identity') ?? 0) ? best : 'identity';
}

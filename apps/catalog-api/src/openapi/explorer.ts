import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { OpenApiDocument } from './document.js';

const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};
const assetFolder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/**
 * People put their tokens into this page: it runs what is served from here and nothing else, speaks to nobody else, and
 * stands in no frame. Its program writes styles into elements, and its pictures are data addresses in the style sheet.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves the API's description: a page to try it at `/<path>`, the document at `/<path>-json`, and each version's part
 * of it at `/<path>-json/v3` and `/<path>-json/v4`.
 */
export function serveExplorer(fastify: FastifyInstance, path: string, document: OpenApiDocument): void {
  const whole = JSON.stringify(document);
  const json =
    (text: string) => (_: unknown, reply: { type: (type: string) => { send: (body: string) => unknown } }) =>
      reply.type('application/json; charset=utf-8').send(text);
  fastify.get(`/${path}-json`, json(whole));
  for (const version of ['v3', 'v4'])
    fastify.get(`/${path}-json/${version}`, json(JSON.stringify(only(document, version))));
  fastify.get(`/${path}`, (_, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page(path)),
  );
  fastify.get(`/${path}/start.js`, (_, reply) =>
    reply.type('text/javascript; charset=utf-8').send(script(path)),
  );
  for (const [name, type] of Object.entries(assets))
    fastify.get(`/${path}/${name}`, (_, reply) =>
      reply
        .type(type)
        .header('cache-control', 'public, max-age=86400')
        .send(createReadStream(join(assetFolder, name))),
    );
}

function only(document: OpenApiDocument, version: string): OpenApiDocument {
  const paths = Object.entries(document.paths).filter(([path]) => path.startsWith(`/api/${version}/`));
  return { ...document, paths: Object.fromEntries(paths) };
}

function page(path: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Catena catalog-api</title>
    <link rel="stylesheet" href="/${path}/swagger-ui.css">
  </head>
  <body>
    <div id="explorer"></div>
    <script src="/${path}/swagger-ui-bundle.js"></script>
    <script src="/${path}/start.js"></script>
  </body>
</html>
`;
}

function script(path: string): string {
  return `SwaggerUIBundle({
  url: '/${path}-json',
  dom_id: '#explorer',
  deepLinking: true,
  persistAuthorization: true,
  docExpansion: 'none',
});
`;
}

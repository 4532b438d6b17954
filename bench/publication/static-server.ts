import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The limit: a file with ranges, and one page from memory at any other address. Started by publication.bench.ts with
 * the path of the file; prints its address.
 */
const path = process.argv[2] ?? '';
const page = Buffer.alloc(Number(process.argv[3] ?? 12_000), 'a');

const server = createServer((request, response) => {
  if (request.url !== '/block.tar') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': page.length });
    response.end(page);
    return;
  }
  void stat(path).then(({ size }) => {
    const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
    const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
    const start = Number(from);
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      'content-length': end - start + 1,
      'content-range': `bytes ${start}-${end}/${size}`,
      'accept-ranges': 'bytes',
    });
    createReadStream(path, { start, end, highWaterMark: 256 * 1024 }).pipe(response);
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

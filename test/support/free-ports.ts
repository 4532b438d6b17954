import { createServer } from 'node:net';

/** Ports below the range the system hands out itself, so that none is taken between finding and using it. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    const candidate = 12_000 + Math.floor(Math.random() * 15_000);
    if (!found.includes(candidate) && (await isFree(candidate))) found.push(candidate);
  }
  return found;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { mebibyte } from './contents.js';

/** A store that answers late and sends no faster than so, and needs next to no processor for it: waits show, and little else. */
export interface FarStoreOptions {
  readonly delayMs: number;
  readonly mebibytesASecond: number;
  /** Of every object. */
  readonly size: number;
}

export class FarStore {
  private constructor(
    readonly endpoint: string,
    private readonly worker: Worker,
  ) {}

  static async start(options: FarStoreOptions): Promise<FarStore> {
    const worker = new Worker(new URL(import.meta.url), { workerData: options });
    const port = await new Promise<number>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
    return new FarStore(`http://127.0.0.1:${port}`, worker);
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}

if (!isMainThread && parentPort !== null) serve(workerData as FarStoreOptions, parentPort);

function serve(options: FarStoreOptions, port: NonNullable<typeof parentPort>): void {
  const { delayMs, mebibytesASecond, size } = options;
  const chunk = Buffer.alloc(Math.min(size, mebibyte), 'x');
  const server = createServer((_request, response) => {
    void (async () => {
      await wait(delayMs);
      response.writeHead(200, { 'content-length': size, etag: '"far"' });
      const began = performance.now();
      for (let sent = 0; sent < size; sent += chunk.length) {
        const due = began + (sent / mebibyte / mebibytesASecond) * 1000;
        if (due > performance.now() + 1) await wait(due - performance.now());
        if (!response.write(chunk.subarray(0, size - sent)))
          await new Promise<void>((resolve) => response.once('drain', resolve));
      }
      response.end();
    })();
  });
  server.listen(0, '127.0.0.1', () => port.postMessage((server.address() as AddressInfo).port));
}

import assert from 'node:assert/strict';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { pump } from './pump.js';

/** Chunks of these lengths, every byte of which tells its place. */
async function* chunksOf(lengths: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const length of lengths) {
    await Promise.resolve();
    yield Buffer.from(Array.from({ length }, (_, index) => ((at + index) * 7 + ((at + index) >> 8)) & 0xff));
    at += length;
  }
}

describe('pump', () => {
  let handle: (response: ServerResponse) => void;
  const server = createServer((_request, response) => handle(response));
  let url = '';

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const answer = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => get(url, { agent: false }, resolve).on('error', reject));
  const bodyOf = async (response: IncomingMessage): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
    return Buffer.concat(parts);
  };

  for (const lengths of [
    [10, 20_000, 10],
    [16_383, 16_384, 16_385, 1],
    [32_768, 1, 32_767, 1, 32_769],
    [0, 1, 0, 40_000, 0, 5],
    Array.from({ length: 500 }, (_, index) => (index * 7919) % 50_000),
    [],
  ])
    it(`keeps the order of ${lengths.length} chunks of any size`, async () => {
      const wanted: Buffer[] = [];
      for await (const chunk of chunksOf(lengths)) wanted.push(chunk);
      handle = (response) => void pump(chunksOf(lengths), response, 10_000);
      assert.ok((await bodyOf(await answer())).equals(Buffer.concat(wanted)));
    });

  it('cuts off when making chunks fails', async () => {
    const failure = new Promise<unknown>((resolve) => {
      handle = (response) => {
        async function* failing(): AsyncGenerator<Buffer> {
          yield* chunksOf([100_000]);
          throw new Error('broken');
        }
        pump(failing(), response, 10_000).catch(resolve);
      };
    });
    await assert.rejects(bodyOf(await answer()));
    assert.match(String(await failure), /broken/);
  });

  it('lets go of its chunks when the reader is gone', async () => {
    let closed = false;
    const ended = new Promise<boolean>((resolve) => {
      handle = (response) => {
        async function* endless(): AsyncGenerator<Buffer> {
          try {
            for (;;) yield* chunksOf([65_536]);
          } finally {
            closed = true;
          }
        }
        void pump(endless(), response, 10_000).then(resolve);
      };
    });
    (await answer()).destroy();
    assert.equal(await ended, false);
    assert.equal(closed, true);
  });

  it('loses patience with a reader that takes nothing', async () => {
    const ended = new Promise<boolean>((resolve) => {
      handle = (response) =>
        void pump(chunksOf(new Array<number>(400).fill(65_536)), response, 200).then(resolve);
    });
    const response = await answer();
    response.pause();
    assert.equal(await ended, false);
    response.destroy();
  });
});

import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';

/** Readers at once, each with a connection of its own and one question at a time. */
const readers = 8;

/** Asks for every address once. @returns answers a second */
export async function read(
  urls: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: readers });
  const began = performance.now();
  let next = 0;
  const reader = async (): Promise<void> => {
    for (let url = urls[next++]; url !== undefined; url = urls[next++]) await answer(url, agent, headers);
  };
  await Promise.all(Array.from({ length: readers }, reader));
  agent.destroy();
  return urls.length / secondsSince(began);
}

/** @returns what was answered, as text */
export async function textOf(url: string): Promise<string> {
  const agent = new Agent();
  return (await answer(url, agent, {})).toString();
}

/** Fetches and forgets. @returns megabytes a second */
export async function download(url: string): Promise<number> {
  const began = performance.now();
  const bytes = await new Promise<number>((resolve, reject) => {
    let sum = 0;
    get(url, (response) => {
      assert.equal(response.statusCode, 200, url);
      response.on('data', (chunk: Buffer) => (sum += chunk.length));
      response.on('error', reject);
      response.on('end', () => resolve(sum));
    }).on('error', reject);
  });
  return bytes / 1e6 / secondsSince(began);
}

export function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}

function answer(url: string, agent: Agent, headers: Readonly<Record<string, string>>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(parts));
        else reject(new Error(`${url}: ${response.statusCode}`));
      });
    }).on('error', reject);
  });
}

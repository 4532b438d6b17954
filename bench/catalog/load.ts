import { Agent, request } from 'node:http';
import type { HttpCall } from './calls.js';

export interface Load {
  readonly calls: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Asks over keep-alive connections, each with one question at a time, for some seconds. @throws Error on any refusal */
export async function load(
  base: string,
  call: (index: number) => HttpCall,
  { seconds, connections, token }: { seconds: number; connections: number; token: string },
): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const begun = performance.now();
  const end = begun + seconds * 1000;
  const ask = async (): Promise<void> => {
    while (performance.now() < end) {
      const started = performance.now();
      next += 1;
      await send(agent, base, call(next), token);
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: connections }, ask));
  const elapsed = (performance.now() - begun) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? 0;
  return {
    calls: times.length,
    perSecond: times.length / elapsed,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  };
}

/** Of all loads together, so that no two ask for the same thing. */
let next = 0;

/** @returns the answer's text */
export function send(
  agent: Agent,
  base: string,
  { method, path, body }: HttpCall,
  token = '',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    };
    const outgoing = request(`${base}${path}`, { method, agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(parts).toString();
        if ((response.statusCode ?? 500) < 300) resolve(answer);
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer.slice(0, 500)}`));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

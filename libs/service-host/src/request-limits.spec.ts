import 'reflect-metadata';
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LOGGER } from '#observability';
import { networkOf } from './network-of.js';
import { limitRequests, type CountedRequest } from './request-limits.js';

const warnings: string[] = [];
@Module({
  providers: [{ provide: LOGGER, useValue: { warn: (_: unknown, text: string) => warnings.push(text) } }],
})
class Nothing {}

const hour = 3_600_000;

describe('Requests to a listener', () => {
  let app: NestFastifyApplication | undefined;
  afterEach(() => app?.close());

  /** Counts by address, three at most; a request with a name counts for the name, five at most. */
  async function listening(trustProxy: boolean | string[] = false, max = 3): Promise<void> {
    app = await NestFactory.create<NestFastifyApplication>(Nothing, new FastifyAdapter({ trustProxy }), {
      logger: false,
    });
    const countedAs = ({ ip, headers }: { ip: string; headers: object }): CountedRequest => {
      const name = (headers as Record<string, unknown>)['x-name'];
      return typeof name === 'string'
        ? { key: `person ${name}`, max: 5, variable: 'PER_PERSON' }
        : { key: `address ${networkOf(ip)}`, max, variable: 'PER_ADDRESS' };
    };
    await limitRequests(app, hour, countedAs);
    const server = app.getHttpAdapter().getInstance();
    for (const path of ['/', '/health/ready', '/api/v3/health']) server.get(path, () => 'ok');
    await app.init();
    await server.ready();
  }
  const answer = (headers: Record<string, string> = {}, url = '/') =>
    app!.getHttpAdapter().getInstance().inject({ url, headers });
  const statuses = async (times: number, headers?: (nth: number) => Record<string, string>) => {
    const found: number[] = [];
    for (let nth = 0; nth < times; nth += 1) found.push((await answer(headers?.(nth))).statusCode);
    return found;
  };

  it('are refused above the limit of their caller, with when to come again and what to set', async () => {
    await listening();
    assert.deepEqual(await statuses(3), [200, 200, 200]);
    const { statusCode, headers, body } = await answer();
    assert.equal(statusCode, 429);
    const wait = Number(headers['retry-after']);
    assert.ok(Number.isInteger(wait) && wait > 0 && wait <= hour / 1000, String(wait));
    assert.match(body, /at most 3 requests .* found more.*PER_ADDRESS/);
  });

  it('count for each caller alone', async () => {
    await listening();
    await statuses(4);
    assert.deepEqual(await statuses(6, () => ({ 'x-name': 'ada' })), [200, 200, 200, 200, 200, 429]);
    assert.deepEqual(await statuses(1, () => ({ 'x-name': 'bob' })), [200]);
  });

  it('gain nothing by a forged X-Forwarded-For', async () => {
    await listening();
    const forged = (nth: number) => ({ 'x-forwarded-for': `192.0.2.${nth}` });
    assert.deepEqual(await statuses(4, forged), [200, 200, 200, 429]);
  });

  it('that say they were forwarded are told of once, where nobody named the proxy', async () => {
    warnings.length = 0;
    await listening();
    for (let nth = 0; nth < 2; nth += 1) await answer({ 'x-forwarded-for': '192.0.2.1' });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /TRUSTED_PROXIES/);
    await listening(['127.0.0.1']);
    await answer({ 'x-forwarded-for': '192.0.2.1' });
    assert.equal(warnings.length, 1);
  });

  it('gain nothing by it behind a trusted proxy either, which appends where they come from', async () => {
    await listening(['127.0.0.1']);
    const from = (address: string) => (nth: number) => ({ 'x-forwarded-for': `192.0.2.${nth}, ${address}` });
    assert.deepEqual(await statuses(4, from('198.51.100.7')), [200, 200, 200, 429]);
    assert.deepEqual(await statuses(1, from('198.51.100.8')), [200]);
  });

  it('of one IPv6 network count together', async () => {
    await listening(['127.0.0.1']);
    const from = (nth: number) => ({ 'x-forwarded-for': `2001:db8:0:7::${nth}` });
    assert.deepEqual(await statuses(4, from), [200, 200, 200, 429]);
  });

  it('for health are answered always; those for what is not there count', async () => {
    await listening();
    for (let nth = 0; nth < 3; nth += 1) assert.equal((await answer({}, `/nowhere/${nth}`)).statusCode, 404);
    assert.equal((await answer({}, '/nowhere')).statusCode, 429);
    for (const url of ['/health/ready', '/api/v3/health', '/health/ready?x=1'])
      assert.notEqual((await answer({}, url)).statusCode, 429, url);
    for (const url of ['/healthy', '/health/nothing', '/api/v3/health/live/x'])
      assert.equal((await answer({}, url)).statusCode, 429, url);
  });

  it('are any number where the limit is 0', async () => {
    await listening(false, 0);
    assert.deepEqual(new Set(await statuses(50)), new Set([200]));
  });
});

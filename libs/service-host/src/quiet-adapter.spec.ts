import 'reflect-metadata';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { QuietAdapter } from './quiet-adapter.js';

@Module({})
class Nothing {}

describe('An address that is refused', () => {
  let app: NestFastifyApplication;

  before(async () => {
    app = await NestFactory.create<NestFastifyApplication>(
      Nothing,
      new QuietAdapter({ routerOptions: { maxParamLength: 5 } }),
      { logger: false },
    );
    app
      .getHttpAdapter()
      .getInstance()
      .get('/things/:id', () => 'a thing');
    await app.listen(0, '127.0.0.1');
  });
  after(() => app.close());

  const answered = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`${await app.getUrl()}${path}?access_token=secret`);
    return [response.status, await response.text()];
  };

  for (const [what, path, status] of [
    ['because nothing is there', '/nowhere', 404],
    ['because it is not encoded rightly', '/things/%zz', 400],
    ['because it is too long', '/things/123456', 414],
  ] as const)
    it(`${what} is named without its query, which may hold a token`, async () => {
      const [found, text] = await answered(path);
      assert.equal(found, status, text);
      assert.ok(text.includes(path), text);
      assert.ok(!text.includes('secret'), text);
    });
});

import 'reflect-metadata';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Controller, Get } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Operators } from './endpoint-rule.decorator.js';
import { SERVICE_HOST_OPTIONS } from './service-host.options.js';

@Operators()
@Controller('operations/plants')
class PlantsController {
  @Get()
  list(): string[] {
    return ['fern'];
  }
}

async function answerTo(authorization: string | undefined, operationsToken: string | undefined) {
  const testing = await Test.createTestingModule({
    controllers: [PlantsController],
    providers: [{ provide: SERVICE_HOST_OPTIONS, useValue: { operationsToken } }],
  }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await app.init();
  const { statusCode, body } = await app.inject({
    method: 'GET',
    url: '/operations/plants',
    headers: authorization === undefined ? {} : { authorization },
  });
  await app.close();
  return { status: statusCode, body: JSON.parse(body) as { message?: string } };
}

describe('An endpoint for operators', () => {
  it('answers whoever has the operations token', async () => {
    assert.deepEqual(await answerTo('Bearer secret', 'secret'), { status: 200, body: ['fern'] });
  });

  it('refuses everybody else, and says which token is wanted', async () => {
    for (const authorization of [undefined, 'Bearer other', 'Bearer secret ', 'secret', 'Bearer ']) {
      const { status, body } = await answerTo(authorization, 'secret');
      assert.equal(status, 403, `with ${authorization}`);
      assert.equal(
        body.message,
        'Expected the operations token of this app (OPERATIONS_TOKEN) as a bearer token.',
      );
    }
  });

  it('lets nobody in where no token is set', async () => {
    for (const authorization of [undefined, 'Bearer ', 'Bearer undefined'])
      assert.equal((await answerTo(authorization, undefined)).status, 403);
  });
});

import 'reflect-metadata';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { LOGGER } from '#observability';
import { Open } from '#service-host';
import { accessTable, type GroupLists, type Rule } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { Admits, SignedIn } from './admits.decorator.js';
import { AdmitsGuard } from './admits.guard.js';
import { CurrentCaller, SignedInCaller } from './caller.decorator.js';
import { RefusalLog } from './refusal-log.js';
import { ScicatErrorsFilter } from './scicat-errors.filter.js';
import { ScicatValidationPipe } from './scicat-validation.pipe.js';

class PlantDto {
  @IsString() name: string;
}

@SignedIn({ anonymous: 401 })
@Controller('plants')
class PlantsController {
  @Admits(accessTable.instrument.write)
  @Post()
  create(@SignedInCaller() caller: Caller, @Body() dto: PlantDto, @Body() sent: unknown): object {
    return { by: caller.username, isChecked: dto instanceof PlantDto, sent };
  }

  @Get()
  list(@SignedInCaller() caller: Caller): object {
    return { to: caller.username };
  }

  @Open('this test plants a mistake: nobody need be signed in here')
  @Get('mistake/:id')
  mistake(@SignedInCaller() caller: Caller, @Param('id') id: string): object {
    return { to: caller.username, id };
  }

  @Open('for all')
  @Post('unchecked')
  unchecked(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): object {
    return { to: caller?.username ?? 'anonymous', body };
  }
}

const people: Readonly<Record<string, Caller>> = Object.fromEntries(
  ['admin', 'user'].map((name) => [
    name,
    { _id: name, username: name, email: '', currentGroups: [name], authStrategy: 'local' },
  ]),
);

async function app(): Promise<NestFastifyApplication> {
  const testing = await Test.createTestingModule({
    controllers: [PlantsController],
    providers: [
      { provide: AccessRules, useValue: new AccessRules({ admin: ['admin'] } as unknown as GroupLists) },
      { provide: LOGGER, useValue: { error: () => undefined } },
      { provide: RefusalLog, useValue: { refused: () => undefined } },
      { provide: APP_FILTER, useClass: ScicatErrorsFilter },
      { provide: APP_GUARD, useClass: AdmitsGuard },
      { provide: APP_PIPE, useClass: ScicatValidationPipe },
    ],
  }).compile();
  const made = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  made
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, _reply, done) => {
      Object.assign(request, { caller: people[String(request.headers['x-caller'])] });
      done();
    });
  await made.init();
  return made;
}

async function ask(method: 'GET' | 'POST', path: string, caller: string, payload?: object) {
  const running = await app();
  const { statusCode, body } = await running.inject({
    method,
    url: path,
    headers: { 'x-caller': caller },
    ...(payload === undefined ? {} : { payload }),
  });
  await running.close();
  return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
}

describe('A rule on an endpoint', () => {
  it('refuses before the body is looked at', async () => {
    const { status, body } = await ask('POST', '/plants', 'user', { odd: true });
    assert.equal(status, 403);
    assert.equal(body['message'], 'Forbidden resource');
  });

  it('lets in whom the table admits, whose body is then checked by its DTO', async () => {
    const { status, body } = await ask('POST', '/plants', 'admin', { odd: true });
    assert.equal(status, 400);
    assert.deepEqual(body['message'], ['property odd should not exist', 'name must be a string']);
  });

  it('gives the method its checked body, and the one that was sent', async () => {
    const { body } = await ask('POST', '/plants', 'admin', { name: 'fern' });
    assert.deepEqual(body, { by: 'admin', isChecked: true, sent: { name: 'fern' } });
  });

  it('of a class holds for its methods without one of their own', async () => {
    assert.deepEqual(await ask('GET', '/plants', 'user'), { status: 200, body: { to: 'user' } });
    const { status, body } = await ask('GET', '/plants', 'nobody');
    assert.deepEqual([status, body['message']], [401, 'Unauthenticated']);
  });

  it('that is open lets nobody in as a signed-in caller who is not', async () => {
    assert.equal((await ask('GET', '/plants/mistake/1', 'nobody')).status, 401);
  });

  it('leaves a body alone that has no DTO', async () => {
    const { body } = await ask('POST', '/plants/unchecked', 'nobody', { odd: true });
    assert.deepEqual(body, { to: 'anonymous', body: { odd: true } });
  });

  it('is one of the table: another does not even load', () => {
    const own: Rule = [['anyone', 'all']];
    assert.throws(
      () => Admits(own),
      /@Admits expected a rule of the access table .* found \[\["anyone","all"\]\]/,
    );
  });
});

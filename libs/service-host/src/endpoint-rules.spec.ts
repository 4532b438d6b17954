import 'reflect-metadata';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Controller, Get, Post, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { PermanentError } from '#kernel';
import { Open, Ruled } from './endpoint-rule.decorator.js';
import { refuseWithoutRule } from './endpoint-rules.js';

@Controller('plants')
class PlantsController {
  @Open('anybody may look at plants')
  @Get()
  list(): string[] {
    return [];
  }

  @Post(':id/water')
  water(): void {}

  /** No endpoint, so it needs no rule. */
  helper(): void {}
}

@Open('all of them')
@Controller('herbs')
class HerbsController {
  @Get()
  list(): string[] {
    return [];
  }
}

@Controller('trees')
class TreesController extends PlantsController {}

@Controller('spices')
class SpicesController extends HerbsController {
  @Open('a rule of its own')
  @Get()
  override list(): string[] {
    return [];
  }

  @Get('secret')
  secret(): string[] {
    return [];
  }
}

@Ruled({ kind: 'gardener' })
@Controller('shrubs')
class ShrubsController {
  @Get()
  list(): string[] {
    return [];
  }
}

function appOf(...controllers: Type[]): Promise<INestApplicationContext> {
  return Test.createTestingModule({ controllers }).compile();
}

describe('An app', () => {
  it('does not start with an endpoint without a rule, and names controller, method, route and what to do', async () => {
    const app = await appOf(HerbsController, PlantsController);
    assert.throws(
      () => refuseWithoutRule(app),
      (error) =>
        error instanceof PermanentError &&
        error.code === 'service-host.endpoint-without-rule' &&
        error.message ===
          'Expected a rule on every endpoint that says who may call it, found none, or none that a guard asks, on PlantsController.water (POST /plants/:id/water). ' +
            "Decorate the method, or its class, with a rule of the app (catalog-api: @Admits, @SignedIn), @Operators() or @Open('why').",
    );
  });

  it('does not start with an endpoint that a class inherits without a rule', async () => {
    const app = await appOf(TreesController);
    assert.throws(() => refuseWithoutRule(app), /TreesController\.water \(POST \/trees\/:id\/water\)/);
  });

  it('does not start with an endpoint that a class adds to one which is open', async () => {
    const app = await appOf(SpicesController);
    assert.throws(() => refuseWithoutRule(app), /SpicesController\.secret \(GET \/spices\/secret\)/);
  });

  it('does not start with a rule of a kind that no guard asks', async () => {
    const app = await appOf(ShrubsController);
    assert.throws(() => refuseWithoutRule(app), /ShrubsController\.list \(GET \/shrubs\)/);
    refuseWithoutRule(app, ['gardener']);
  });

  it('starts when each endpoint, or its class, has a rule', async () => {
    refuseWithoutRule(await appOf(HerbsController));
  });
});

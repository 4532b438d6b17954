import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpException,
  Param,
  Post,
  Put,
  Res,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { Clock } from '#kernel';
import { named, type Operator } from '#operations';
import { ActingOperator, Operators } from '#service-host';
import { LimitsView, type LimitsAnswer, type ShownPause } from './limits-view.js';
import { notPossible, refuse, versionIn } from './refusals.js';
import { SteeringActions, type Spoken } from './steering-actions.js';
import { LimitsDto, PauseDto, timeToCome, WordDto } from './steering.dto.js';

interface Reply {
  header(name: string, value: string): unknown;
}

/** What operators do with limits and pauses. */
@Operators()
@UsePipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }))
@Controller({ path: 'operations', version: '4' })
export class LimitsController {
  constructor(
    private readonly actions: SteeringActions,
    private readonly view: LimitsView,
    private readonly clock: Clock,
  ) {}

  @Get('limits')
  async limits(@Res({ passthrough: true }) reply: Reply): Promise<LimitsAnswer> {
    const limits = await this.view.limits();
    reply.header('ETag', `"${limits.version}"`);
    return limits;
  }

  @Put('limits')
  async setLimits(
    @Body() body: LimitsDto,
    @ActingOperator() operator: Operator,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<LimitsAnswer> {
    if (ifMatch === undefined)
      throw new HttpException('Expected If-Match with the ETag of GET operations/limits, found none.', 428);
    await this.actions.setLimits(body.limits, versionIn(ifMatch)!, this.spoken(operator, body));
    return this.limits(reply);
  }

  @Post('pauses')
  async pause(@Body() body: PauseDto, @ActingOperator() operator: Operator): Promise<ShownPause> {
    const id = await this.actions.pause(body.scope, body.mode ?? 'pause', this.spoken(operator, body));
    return this.view.pause(id);
  }

  @Delete('pauses/:id')
  async resume(
    @Param('id') id: string,
    @Body() body: WordDto,
    @ActingOperator() operator: Operator,
  ): Promise<{ id: string; state: 'ended' }> {
    await this.actions.resume(id, this.spoken(operator, body));
    return { id, state: 'ended' };
  }

  private spoken(operator: Operator, { by, reason, until }: WordDto & { readonly until?: string }): Spoken {
    const spoken = { operator: named(operator, by), reason };
    if (until === undefined) return spoken;
    const at = timeToCome(until, this.clock.now());
    if (at === undefined)
      throw refuse(notPossible, `Expected in until a time to come, within a year, found ${until}.`);
    return { ...spoken, until: at };
  }
}

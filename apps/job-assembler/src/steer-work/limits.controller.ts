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
import { Operators } from '#service-host';
import type { Pause } from '../domain/steering.js';
import { LimitsView, type LimitsAnswer } from './limits-view.js';
import { asAnswer, notPossible, refuse, versionIn } from './refusals.js';
import { ReleaseSteering, type Word } from './release-steering.js';
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
    private readonly steering: ReleaseSteering,
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
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<LimitsAnswer> {
    if (ifMatch === undefined)
      throw new HttpException('Expected If-Match with the ETag of GET operations/limits, found none.', 428);
    try {
      await this.steering.setLimits(body.limits, this.wordOf(body), versionIn(ifMatch)!);
    } catch (error) {
      asAnswer(error);
    }
    return this.limits(reply);
  }

  @Post('pauses')
  async pause(@Body() body: PauseDto): Promise<Pause> {
    return Promise.resolve()
      .then(() => this.steering.pause(body.scope, this.wordOf(body)))
      .catch(asAnswer);
  }

  @Delete('pauses/:id')
  async resume(@Param('id') id: string, @Body() body: WordDto): Promise<{ id: string; state: 'ended' }> {
    await this.steering.resume(id, body).catch(asAnswer);
    return { id, state: 'ended' };
  }

  private wordOf({ by, reason, until }: PauseDto | LimitsDto): Word {
    if (until === undefined) return { by, reason };
    const end = timeToCome(until, this.clock.now());
    if (end === undefined)
      throw refuse(notPossible, `Expected in until a time to come, within a year, found ${until}.`);
    return { by, reason, until: end };
  }
}

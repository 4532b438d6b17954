import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { type ParkedMessage, ParkingLot } from '#outbox';
import { Operators } from './endpoint-rule.decorator.js';
import { CatenaError } from '#kernel';

const longestName = 100;

/** What an operator does with messages that could not be handled. */
@Operators()
@Controller({ path: 'operations/parking-lot', version: ['3', '4'] })
export class ParkingLotController {
  constructor(private readonly parkingLot: ParkingLot) {}

  @Get()
  list(@Query('state') state: string | undefined): Promise<ParkedMessage[]> {
    if (state !== undefined && state !== 'parked' && state !== 'replayed' && state !== 'discarded') {
      throw new BadRequestException(`Expected state parked, replayed or discarded, found ${state}.`);
    }
    return this.parkingLot.list(state ?? 'parked');
  }

  @Post(':id/replay')
  @HttpCode(200)
  async replay(
    @Param('id') id: string,
    @Body() body: { by?: unknown } | undefined,
  ): Promise<{ state: string }> {
    await this.parkingLot.replay(id, operatorOf(body)).catch(asNotFound);
    return { state: 'replayed' };
  }

  @Post(':id/discard')
  @HttpCode(200)
  async discard(
    @Param('id') id: string,
    @Body() body: { by?: unknown; reason?: unknown } | undefined,
  ): Promise<{ state: string }> {
    if (typeof body?.reason !== 'string' || body.reason.trim() === '')
      throw new BadRequestException('Expected a reason: a discarded message never comes back.');
    await this.parkingLot.discard(id, operatorOf(body), body.reason).catch(asNotFound);
    return { state: 'discarded' };
  }
}

/** All operators of an app have one token: who of them decides, they say themselves. */
function operatorOf(body: { by?: unknown } | undefined): string {
  const by = body?.by ?? 'operations';
  if (typeof by !== 'string' || by.trim() === '' || by.length > longestName)
    throw new BadRequestException(
      `Expected in "by" the name of who decides, ${longestName} characters at most, found ${JSON.stringify(by).slice(0, 200)}.`,
    );
  return by;
}

function asNotFound(error: unknown): never {
  if (error instanceof CatenaError && error.code === 'outbox.not-parked')
    throw new NotFoundException(error.message);
  throw error;
}

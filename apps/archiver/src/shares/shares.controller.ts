import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import { Clock, codeOf, messageOf } from '#kernel';
import { Operators, operatorText } from '#service-host';
import { shareModes } from '../persistence/records.js';
import type { Adoption } from '../persistence/target-identities.js';
import { Shares, type ShareState } from './shares.js';

/** What operators ask about shares, and say about them. */
@Operators()
@Controller({ path: 'operations/shares', version: '4' })
export class SharesController {
  constructor(
    private readonly shares: Shares,
    private readonly clock: Clock,
  ) {}

  @Get()
  list(): Promise<ShareState[]> {
    return this.shares.states();
  }

  /** What the operator saw under this name is the right share, though it has another identity, or none. */
  @Post(':name/adopt')
  @HttpCode(200)
  adopt(@Param('name') name: string, @Body() body: Said): Promise<ShareState> {
    const identity = operatorText(body?.identity, 'identity', seenForm);
    return this.shares.adopt(name, identity, wordIn(body)).catch(asStatus);
  }

  /** Closes a share for writing (`drain`) or for everything (`pause`), or has it `run` again; until then, if that is said. */
  @Post(':name/mode')
  @HttpCode(200)
  steer(@Param('name') name: string, @Body() body: Said): Promise<ShareState> {
    const mode = shareModes.find((one) => one === body?.mode);
    if (mode === undefined)
      throw new BadRequestException(
        `Expected a mode of ${shareModes.join(', ')}, found ${JSON.stringify(body?.mode)}.`,
      );
    const until = timeIn(body?.until, this.clock.now());
    const word = { ...wordIn(body), ...(until === undefined ? {} : { until }) };
    return this.shares.steer(name, mode, word).catch(asStatus);
  }
}

type Said = Partial<Record<'by' | 'reason' | 'mode' | 'until' | 'identity', unknown>> | undefined;

const wordForm = '{"by": "your name", "reason": "why"}';
const seenForm =
  '{"by": "your name", "reason": "why", "identity": "what GET /api/v4/operations/shares shows: an id, empty or unidentified"}';

function wordIn(body: Said): Adoption {
  return {
    by: operatorText(body?.by, 'by', wordForm),
    reason: operatorText(body?.reason, 'reason', wordForm),
  };
}

function timeIn(value: unknown, now: Date): Date | undefined {
  if (value === undefined || value === null) return undefined;
  const found = typeof value === 'string' ? new Date(value) : new Date(Number.NaN);
  if (found > now) return found;
  throw new BadRequestException(
    `Expected in "until" a time to come, such as 2027-01-31T18:00:00Z, found ${JSON.stringify(value)}.`,
  );
}

function asStatus(error: unknown): never {
  const code = codeOf(error, '');
  if (code === 'archiver.share-unknown') throw new NotFoundException(messageOf(error));
  if (['archiver.share-twice', 'archiver.share-unreadable', 'archiver.share-other'].includes(code))
    throw new ConflictException(messageOf(error));
  throw error;
}

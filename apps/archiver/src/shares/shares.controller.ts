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
import { codeOf } from '#kernel';
import { Operators } from '#service-host';
import { Shares, type ShareState } from './shares.js';

/** What operators ask about shares, and say about them. */
@Operators()
@Controller({ path: 'operations/shares', version: '4' })
export class SharesController {
  constructor(private readonly shares: Shares) {}

  @Get()
  list(): Promise<ShareState[]> {
    return this.shares.states();
  }

  /** What is mounted under this name is the right share, though it has another identity, or none. */
  @Post(':name/adopt')
  @HttpCode(200)
  async adopt(
    @Param('name') name: string,
    @Body() body: { by?: unknown; reason?: unknown } | undefined,
  ): Promise<ShareState> {
    const adoption = { by: textOf(body?.by, 'by'), reason: textOf(body?.reason, 'reason') };
    try {
      return await this.shares.adopt(name, adoption);
    } catch (error) {
      const code = codeOf(error, '');
      if (code === 'archiver.share-unknown') throw new NotFoundException((error as Error).message);
      if (code === 'archiver.share-twice') throw new ConflictException((error as Error).message);
      throw error;
    }
  }
}

/** Who does it, and why, is kept with the share. */
function textOf(value: unknown, name: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, 500);
  throw new BadRequestException(`Expected a body {"by": "your name", "reason": "why"}, found no ${name}.`);
}

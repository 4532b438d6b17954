import {
  Body,
  Controller,
  Delete,
  ForbiddenException,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Query,
  type OnModuleInit,
} from '@nestjs/common';
import { CatenaError, PermanentError } from '#kernel';
import { notThere, OperatorActions, type Operator } from '#operations';
import { ActingOperator, bodyOf, Operators, reasonIn } from '#service-host';
import type { FileAside } from '../persistence/records.js';
import { SetAsideSweep } from './set-aside-sweep.js';
import { SetAside } from './set-aside.js';

const maxListed = 1000;
const gone = 'gone, or brought back';

/**
 * What an operator does with files that were set aside. Neither action has a witness: the record is gone when it was done, whoever
 * did it, so an entry whose app died ends as `unknown`.
 */
@Operators()
@Controller({ path: 'operations/set-aside', version: '4' })
export class SetAsideController implements OnModuleInit {
  constructor(
    private readonly asides: SetAside,
    private readonly sweep: SetAsideSweep,
    private readonly actions: OperatorActions,
  ) {}

  onModuleInit(): void {
    this.actions.mayRepeat('set-aside.remove', 'set-aside.bring-back');
  }

  /** The oldest thousand. */
  @Get()
  list(): Promise<FileAside[]> {
    return this.asides.list(maxListed);
  }

  /**
   * Removes it now, where room is needed before its time is over; never what the catalogue lists. A tape of a dataset that
   * was reset goes so only when its files are elsewhere, or when the operator says `without-originals=true`.
   */
  @Delete(':id')
  async remove(
    @Param('id') id: string,
    @Query('without-originals') withoutOriginals: string | undefined,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<{ state: string }> {
    const isMeant = withoutOriginals === 'true';
    const wish = {
      ...{ action: 'set-aside.remove' as const, subject: `set-aside/${id}`, ...reasonOf(body) },
      details: { withoutOriginals: isMeant },
    };
    const { state } = await this.actions.perform(operator, wish, async () => ({
      after: { state: await this.settled(id, isMeant), withoutOriginals: isMeant },
    }));
    return { state: String(state) };
  }

  private async settled(id: string, withoutOriginals: boolean): Promise<string> {
    const isMine = await this.sweep.settleNow(id, withoutOriginals);
    const state = await this.asides.stateOf(id);
    if (isMine) return state === undefined ? gone : 'kept: see the log for the reason';
    if (state !== undefined && state !== 'returning')
      return 'kept: it is looked at by another at this moment; ask again when that has ended';
    throw new PermanentError(
      notThere,
      `Expected a file that is set aside under ${id}, found ${state === undefined ? 'none' : 'one that is being brought back'}.`,
    );
  }

  @Post(':id/bring-back')
  @HttpCode(200)
  async bringBack(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<{ state: string }> {
    const wish = {
      ...{ action: 'set-aside.bring-back' as const, subject: `set-aside/${id}`, ...reasonOf(body) },
    };
    try {
      await this.actions.perform(operator, wish, async () => {
        const { archiveId, share, ...aside } = await this.asides.take(id);
        await this.asides.bringBack({ archiveId, share, ...aside });
        return { after: { state: 'brought-back', archiveId, share } };
      });
    } catch (error) {
      if (!(error instanceof CatenaError)) throw error;
      if (error.code === 'archiver.not-set-aside') throw new NotFoundException(error.message);
      if (!error.retriable) throw new ForbiddenException(error.message);
      throw error;
    }
    return { state: 'brought-back' };
  }
}

/** @throws PermanentError `operations.reason-missing` for one that says nothing */
function reasonOf(body: unknown): { readonly reason?: string } {
  const { reason } = bodyOf(body, ['reason']);
  return reason === undefined ? {} : { reason: reasonIn(reason) };
}

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
import { inOtherHands, keptBy, removed, type Settlement } from './settlement.js';

const maxListed = 1000;
const refusedCall = 'operations.';

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
   * was reset goes so only when its files are elsewhere, or when the operator says `without-originals=true`. Only an answer with
   * the state `removed` says that it is gone; each other one has a code and a reason.
   */
  @Delete(':id')
  async remove(
    @Param('id') id: string,
    @Query('without-originals') withoutOriginals: string | undefined,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<Settlement> {
    const isMeant = withoutOriginals === 'true';
    const wish = {
      ...{ action: 'set-aside.remove' as const, subject: `set-aside/${id}`, ...reasonOf(body) },
      details: { withoutOriginals: isMeant },
    };
    try {
      await this.actions.perform(operator, wish, async () => {
        const { state, code = '', reason = '' } = await this.settled(id, isMeant);
        // The audit trail must not tell of a removal that did not happen.
        if (state !== 'removed') throw new PermanentError(code, reason);
        return { after: { state, withoutOriginals: isMeant } };
      });
      return removed;
    } catch (error) {
      // Also what was said to the same call before; what the call itself is refused for, or a database that is away, is none of it.
      const isOfFile =
        error instanceof CatenaError && !error.retriable && !error.code.startsWith(refusedCall);
      if (!isOfFile) throw error;
      return keptBy(error);
    }
  }

  private async settled(id: string, withoutOriginals: boolean): Promise<Settlement> {
    const settlement = await this.sweep.settleNow(id, withoutOriginals);
    if (settlement !== undefined) return settlement;
    const state = await this.asides.stateOf(id);
    if (state !== undefined && state !== 'returning') return inOtherHands;
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

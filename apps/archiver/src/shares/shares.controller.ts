import { Body, Controller, Get, HttpCode, Param, Post, type OnModuleInit } from '@nestjs/common';
import { Clock } from '#kernel';
import { named, OperatorActions, type Operator } from '#operations';
import { ActingOperator, behindSlash, bodyOf, Operators, operatorText } from '#service-host';
import { TargetIdentities } from '../persistence/target-identities.js';
import { modeWish, wordOf } from './mode-calls.js';
import { ShareUse, type UseOfShare } from '../persistence/operators/share-use.js';
import { Shares, type ShareState } from './shares.js';

/** A share with what is under way there. */
export interface ShownShare extends ShareState, UseOfShare {
  readonly up: boolean;
}

/** What operators ask about shares, and say about them. */
@Operators()
@Controller({ path: 'operations/shares', version: '4' })
export class SharesController implements OnModuleInit {
  constructor(
    private readonly shares: Shares,
    private readonly use: ShareUse,
    private readonly identities: TargetIdentities,
    private readonly actions: OperatorActions,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.actions.addWitness('share.adopt', async ({ _id, subject }) => {
      const identity = await this.identities.adoptedUnder(behindSlash(subject), _id);
      return identity === undefined ? undefined : { after: { identity } };
    });
  }

  @Get()
  async list(): Promise<ShownShare[]> {
    return Promise.all((await this.shares.states()).map((state) => this.shown(state)));
  }

  /** What the operator saw under this name is the right share, though it has another identity, or none. */
  @Post(':name/adopt')
  @HttpCode(200)
  async adopt(
    @Param('name') name: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<ShownShare> {
    const said = bodyOf(body, ['by', 'reason', 'identity']);
    const identity = operatorText(said.identity, 'identity', seenForm);
    const reason = operatorText(said.reason, 'reason', seenForm);
    const acting = named(operator, said.by);
    const wish = { action: 'share.adopt' as const, subject: `share/${name}`, reason, details: { identity } };
    await this.actions.perform(acting, wish, async (entry) => {
      const before = await this.identities.recorded(name);
      const after = await this.shares.adopt(name, identity, { by: acting.name, reason, entry });
      return {
        ...(before === undefined ? {} : { before: { identity: before } }),
        after: { identity: after.identity ?? identity, state: after.state },
      };
    });
    return this.shown(await this.shares.state(name));
  }

  /** Closes a share for writing (`drain`) or for everything (`pause`), or has it `run` again; until then, if that is said. */
  @Post(':name/mode')
  @HttpCode(200)
  async steer(
    @Param('name') name: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<ShownShare> {
    const { acting, wish, mode, word } = modeWish(operator, body, `share/${name}`, this.clock.now());
    await this.actions.perform(acting, wish, async (entry) => {
      const before = await this.shares.steer(name, mode, { ...word, by: acting.name, entry });
      return { before: wordOf(before), after: { mode, ...wish.details } };
    });
    return this.shown(await this.shares.state(name));
  }

  private async shown(state: ShareState): Promise<ShownShare> {
    return { ...state, up: state.state !== 'away', ...(await this.use.of(state.name)) };
  }
}

const seenForm =
  '{"reason": "why", "identity": "what GET /api/v4/operations/shares shows: an id, empty or unidentified"}';

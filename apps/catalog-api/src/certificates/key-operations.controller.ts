import { Body, Controller, HttpCode, Param, Post, type OnModuleInit } from '@nestjs/common';
import { Clock } from '#kernel';
import { named, OperatorActions, unnamed, type Operator } from '#operations';
import { ActingOperator, Operators } from '#service-host';
import { CertificateJwk } from '../answers/certificates.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { KnownKeys } from './known-keys.js';

type Said = Partial<Record<'by' | 'reason', unknown>> | undefined;

const maxWords = 500;

/** What operators say about keys of certificates. */
@Operators()
@Area('certificates')
@Controller({ path: 'operations/certificate-keys', version: '4' })
export class KeyOperationsController implements OnModuleInit {
  constructor(
    private readonly keys: KnownKeys,
    private readonly actions: OperatorActions,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.actions.mayRepeat('certificate-key.revoke');
  }

  @Operation('certificatesControllerRevokeKeyV4', {
    answer: CertificateJwk,
    summary: 'Revokes a key of certificates, for ever: nothing that it has signed is valid any more.',
  })
  @Post(':kid/revoke')
  @HttpCode(200)
  async revoke(
    @Param('kid') kid: string,
    @Body() body: Said,
    @ActingOperator() caller: Operator,
  ): Promise<CertificateJwk> {
    const reason = textOf(body, 'reason');
    const operator = caller.name === unnamed ? named(caller, textOf(body, 'by')) : caller;
    const wish = { action: 'certificate-key.revoke' as const, subject: `certificate-key/${kid}`, reason };
    let key: CertificateJwk | undefined;
    await this.actions.perform(operator, wish, async () => {
      key = await this.revoked(kid, operator.name, reason);
      return { after: { kid, revoked: true } };
    });
    return key ?? (await this.revoked(kid, operator.name, reason));
  }

  private async revoked(kid: string, by: string, reason: string): Promise<CertificateJwk> {
    const key = await this.keys.revoke(kid, { at: this.clock.now(), by, reason });
    if (key === undefined)
      throw new Refusal(
        404,
        `Expected one of the keys that GET /api/v4/certificates/keys lists, found ${kid.slice(0, 100)}.`,
      );
    return key;
  }
}

/** Who does it, and why, is kept with the key. */
function textOf(body: Said, name: 'by' | 'reason'): string {
  const value = body?.[name];
  if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, maxWords);
  throw new BadRequest(
    `Expected a body {"by": "your name", "reason": "why"}, found no ${name}: a revoked key never comes back.`,
  );
}

import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Clock } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { Operators } from '#service-host';
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
export class KeyOperationsController {
  constructor(
    private readonly keys: KnownKeys,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Operation('certificatesControllerRevokeKeyV4', {
    answer: CertificateJwk,
    summary: 'Revokes a key of certificates, for ever: nothing that it has signed is valid any more.',
  })
  @Post(':kid/revoke')
  @HttpCode(200)
  async revoke(@Param('kid') kid: string, @Body() body: Said): Promise<CertificateJwk> {
    const [by, reason] = [textOf(body, 'by'), textOf(body, 'reason')];
    const key = await this.keys.revoke(kid, { at: this.clock.now(), by, reason });
    if (key === undefined)
      throw new Refusal(
        404,
        `Expected one of the keys that GET /api/v4/certificates/keys lists, found ${kid.slice(0, 100)}.`,
      );
    this.logger.warn({ kid, by, reason }, 'a key of certificates was revoked');
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

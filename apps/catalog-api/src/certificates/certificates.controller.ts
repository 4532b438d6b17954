import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { SignedCertificate } from '#certificates';
import { Open } from '#service-host';
import { CertificateKeySet, CertificateSummary, DatasetCertificate } from '../answers/certificates.js';
import type { Caller } from '../domain/access.js';
import { BadRequest } from '../domain/errors.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { certificatePage, certificatePolicy } from './certificate-page.js';
import { DatasetCertificates } from './dataset-certificates.js';
import { KnownKeys } from './known-keys.js';

/** What was stored where, verified when: signed by the archiver. */
@Area('certificates')
@Controller({ path: 'datasets', version: '4' })
export class DatasetCertificatesController {
  constructor(private readonly certificates: DatasetCertificates) {}

  @SignedIn()
  @Operation('certificatesControllerFindOneV4', {
    answer: DatasetCertificate,
    mayBePage: true,
    query: {
      format: '`html` for a page to print, `json` for the certificate; default: what Accept asks for',
    },
    summary:
      'The certificate of an archived dataset: a JWS with Ed25519, or a page to print that contains it.',
  })
  @Get(':pid/certificate')
  async get(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Query('format') format: unknown,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignedCertificate | string> {
    const wantsPage = pageWanted(format, accept);
    const shown = await this.certificates.current(caller, pid);
    void reply.headers({ 'cache-control': 'private, no-cache', vary: 'Accept, Authorization' });
    if (!wantsPage) return shown.signed;
    void reply.type('text/html; charset=utf-8').headers({
      'content-security-policy': certificatePolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    return certificatePage(shown);
  }

  @SignedIn()
  @Operation('certificatesControllerFindAllV4', {
    answer: [CertificateSummary],
    summary: 'Certificates that were issued of a dataset, the newest first, and whether they still hold.',
  })
  @Get(':pid/certificates')
  list(@SignedInCaller() caller: Caller, @Param('pid') pid: string): Promise<CertificateSummary[]> {
    return this.certificates.list(caller, pid);
  }
}

@Open('whoever holds a certificate may check it')
@Area('certificates')
@Controller({ path: 'certificates', version: '4' })
export class CertificateKeysController {
  constructor(private readonly keys: KnownKeys) {}

  @Operation('certificatesControllerFindKeysV4', {
    answer: CertificateKeySet,
    summary:
      'The public keys of certificates as a JWK set, the newest first: retired ones too, as what they signed stays valid.',
  })
  @Get('keys')
  async all(): Promise<CertificateKeySet> {
    return { keys: await this.keys.all() };
  }
}

/** Browsers name HTML first, programs do not name it. */
function pageWanted(format: unknown, accept = ''): boolean {
  if (format === 'html' || format === 'json') return format === 'html';
  if (format !== undefined)
    throw new BadRequest(
      'Expected format to be html or json, found something else: leave it out, or correct it.',
    );
  const types = accept.split(',').map((part) => part.split(';')[0]?.trim().toLowerCase());
  const [page, json] = [types.indexOf('text/html'), types.indexOf('application/json')];
  return page >= 0 && (json < 0 || page < json);
}

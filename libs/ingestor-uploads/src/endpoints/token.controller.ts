import {
  Body,
  Controller,
  HttpCode,
  HttpException,
  Inject,
  Post,
  Req,
  Res,
  UseFilters,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { Open } from '#service-host';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';
import { Grants, type TokenAnswer } from '../tokens/grants.js';
import { OidcTokens } from '../tokens/oidc-tokens.js';
import { UploadCatalogue, type Uploader } from '../upload-catalogue.js';
import { answering, ProtocolErrors } from './protocol-errors.filter.js';
import { bearerOf, unauthorized } from './uploader.guard.js';

interface Request {
  readonly headers: Readonly<Record<string, unknown>>;
}

interface Reply {
  header(name: string, value: string): unknown;
}

/** Tokens for uploads: for a token of the catalogue or of the provider, and again for a refresh token. */
@Open('a token of the catalogue or of the provider, or a refresh token, is what it asks for itself')
@UseFilters(ProtocolErrors)
@Controller({ version: VERSION_NEUTRAL })
export class TokenController {
  constructor(
    private readonly grants: Grants,
    private readonly catalogue: UploadCatalogue,
    private readonly oidc: OidcTokens,
    @Inject(UploadsConfigToken) private readonly config: UploadsConfig,
  ) {}

  /** @throws HttpException 401 */
  @Post('token')
  async begin(@Req() request: Request, @Res({ passthrough: true }) reply: Reply): Promise<TokenAnswer> {
    reply.header('cache-control', 'no-store');
    const token = bearerOf(request.headers);
    if (token === undefined) throw unauthorized(reply, 'Not authenticated');
    return answering('Failed to get a token', async () => {
      const uploader = await this.uploaderOf(token);
      if (uploader === undefined) throw unauthorized(reply, 'Provided token is not a valid SciCat token');
      if (!this.grants.mayUpload(uploader))
        throw unauthorized(
          reply,
          `Expected ${uploader.username} to be in one of the groups that may upload (INGESTOR_GROUPS), found none of them among the groups of the token.`,
        );
      return this.grants.begin(uploader);
    });
  }

  /** RFC 6749, section 6, for public clients: Go's client sends its id as HTTP Basic with an empty password first. */
  @Post('oauth2/token')
  @HttpCode(200)
  async renew(
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<TokenAnswer> {
    reply.header('cache-control', 'no-store');
    const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
    if (text('grant_type') === '')
      throw oauthError(400, 'invalid_request', 'Expected grant_type, found none.');
    if (text('grant_type') !== 'refresh_token')
      throw oauthError(400, 'unsupported_grant_type', 'Expected the grant_type refresh_token.');
    if (text('refresh_token') === '')
      throw oauthError(400, 'invalid_request', 'Expected refresh_token, found none.');
    this.refuseClient(basicUserOf(request.headers) ?? text('client_id'));
    return answering('Failed to renew the token', async () => {
      const answer = await this.grants.renew(text('refresh_token'));
      if (answer !== undefined) return answer;
      throw oauthError(
        400,
        'invalid_grant',
        'The refresh token is unknown or over, or its person may not upload any more: begin again with POST /token.',
      );
    });
  }

  private async uploaderOf(token: string): Promise<Uploader | undefined> {
    if (!this.oidc.isOne(token)) return this.catalogue.uploaderOf(token);
    const person = await this.oidc.personOf(token);
    return person === undefined ? undefined : this.catalogue.uploaderNamed(person);
  }

  private refuseClient(id: string): void {
    const { clientIds } = this.config;
    if (clientIds.length > 0 && !clientIds.includes(id))
      throw oauthError(
        401,
        'invalid_client',
        `Expected one of the clients of INGESTOR_CLIENT_IDS, found ${JSON.stringify(id.slice(0, 100))}.`,
      );
  }
}

function oauthError(status: number, error: string, description: string): HttpException {
  return new HttpException(
    { error, error_description: description, message: description, details: description },
    status,
  );
}

function basicUserOf(headers: Readonly<Record<string, unknown>>): string | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(String(headers['authorization'] ?? ''))?.[1];
  if (encoded === undefined) return undefined;
  const [user = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  try {
    return decodeURIComponent(user.replaceAll('+', ' '));
  } catch {
    return user;
  }
}

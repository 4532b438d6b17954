import { Body, Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConsoleSession } from '#console-api';
import { Open } from '#service-host';
import { ConfigToken, isSecure, type ConsoleConfig } from '../console.config.js';
import { clearedSession } from '../edge/cookies.js';
import { Emergency } from './emergency.js';
import { SessionCookie } from './session-cookie.js';
import { SessionOf, SignedInHere } from './session.guard.js';
import { shown, type CurrentSession } from './session.js';
import { Sessions } from './sessions.service.js';
import { SignIn } from './sign-in.service.js';

@Controller('console/api/session')
export class SessionController {
  constructor(
    private readonly signIn: SignIn,
    private readonly emergency: Emergency,
    private readonly sessions: Sessions,
    private readonly cookie: SessionCookie,
    @Inject(ConfigToken) private readonly config: ConsoleConfig,
  ) {}

  @Open('signing in is how one becomes known')
  @Post()
  @HttpCode(200)
  async begin(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConsoleSession> {
    return this.answerWith(request, reply, await this.signIn.withPassword(body, request.ip));
  }

  @Open('the token is the proof')
  @Post('emergency')
  @HttpCode(200)
  async enter(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConsoleSession> {
    const { token } = (body ?? {}) as { readonly token?: unknown };
    const session = this.emergency.enter(token, request.ip);
    // Beside it: whoever comes in an emergency does not wait for apps that are away.
    void this.emergency.keep(request.ip);
    return this.answerWith(request, reply, await this.sessions.current(session));
  }

  /** The cookie keeps the rights that were read last, for when catalog-api is away. */
  @SignedInHere()
  @Get()
  async who(
    @SessionOf() session: CurrentSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConsoleSession> {
    const header = await this.cookie.headerIfChanged(session, request.headers.cookie);
    if (header !== undefined && !this.sessions.isOver(session)) void reply.header('set-cookie', header);
    void reply.header('cache-control', 'no-store');
    return shown(session);
  }

  /** 204; 200 with `told: false` when catalog-api could not be told, and takes the token until its end. */
  @SignedInHere()
  @Delete()
  @HttpCode(204)
  async end(
    @SessionOf() session: CurrentSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ readonly told: false } | undefined> {
    const told = await this.sessions.end(session, request.ip);
    void reply
      .header('set-cookie', clearedSession(isSecure(this.config)))
      .header('cache-control', 'no-store');
    if (told) return undefined;
    void reply.code(200);
    return { told };
  }

  /** The session that the browser had before is over: nothing shows it any more. */
  private async answerWith(
    { headers, ip }: FastifyRequest,
    reply: FastifyReply,
    session: CurrentSession,
  ): Promise<ConsoleSession> {
    await this.sessions.replace(headers.cookie, session, ip);
    void reply.header('set-cookie', await this.cookie.headerFor(session)).header('cache-control', 'no-store');
    return shown(session);
  }
}

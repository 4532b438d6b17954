import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { UserRecord } from '../../persistence/records.js';
import { Catalogue } from '../../persistence/catalogue.js';
import { idForms } from '../../persistence/user-ids.js';

/** Milliseconds from the browser's redirect to the call of the frontend's server. */
const life = 30_000;

/** What a frontend sends at the begin: the SHA-256 of the verifier that it keeps. */
export const challengePattern = /^[\w-]{43}$/;
export const verifierPattern = /^[\w-]{43,128}$/;

/**
 * Tokens do not belong into addresses: a code stands for a sign-in for half a minute, once, at any process, and only together with
 * the verifier of whoever began (as PKCE does, RFC 7636). The database knows it by its digest.
 */
@Injectable()
export class SignInCodes {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
  ) {}

  /** @param challenge base64url of the SHA-256 of the verifier */
  async issue(userId: string, challenge: string): Promise<string> {
    const code = randomBytes(32).toString('base64url');
    const expiresAt = new Date(this.clock.now().getTime() + life);
    await this.catalogue.signInCodes.insertOne({ _id: digestOf(code), userId, challenge, expiresAt });
    return code;
  }

  /** The user who signed in; undefined when the code is unknown, used or too old, or another's. It is used up in any case. */
  async redeem(code: string, verifier: string): Promise<UserRecord | undefined> {
    const found = await this.catalogue.signInCodes.findOneAndDelete({ _id: digestOf(code) });
    if (found === null || found.expiresAt <= this.clock.now() || found.challenge !== digestOf(verifier))
      return undefined;
    return (await this.catalogue.users.findOne({ _id: { $in: idForms(found.userId) } })) ?? undefined;
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

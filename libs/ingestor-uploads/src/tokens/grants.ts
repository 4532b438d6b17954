import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId } from '#kernel';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Grant } from '../persistence/records.js';
import { UploadCatalogue, type Uploader } from '../upload-catalogue.js';
import { AccessTokens } from './access-tokens.js';

/** What clients of Keycloak expect of a sign-in. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token: string;
  /** Seconds, as all lives here. */
  readonly expires_in: number;
  readonly refresh_expires_in: number;
  readonly token_type: 'Bearer';
  readonly 'not-before-policy': 0;
  readonly session_state: string;
  readonly scope: 'uploads';
}

/** Grants of one person that live at once; of more, the oldest go. */
const maxOfPerson = 1000;

/** Rights to upload: begun with a token of the catalogue or of a provider, renewed by the client with its refresh token. */
@Injectable()
export class Grants {
  constructor(
    private readonly store: IngestorStore,
    private readonly catalogue: UploadCatalogue,
    private readonly tokens: AccessTokens,
    private readonly clock: Clock,
    @Inject(UploadsConfigToken) private readonly config: UploadsConfig,
  ) {}

  /** Whether the person is in one of the groups that may upload. */
  mayUpload({ groups }: Uploader): boolean {
    const { groups: wanted } = this.config;
    return wanted.includes('#all') || wanted.some((group) => groups.includes(group));
  }

  async begin(uploader: Uploader): Promise<TokenAnswer> {
    const at = this.clock.now();
    const refreshToken = randomBytes(32).toString('base64url');
    const grant: Grant = {
      _id: newId(),
      refresh: digestOf(refreshToken),
      uploader,
      at,
      expiresAt: new Date(at.getTime() + this.config.grantLifetime),
    };
    await this.makeRoom(uploader.username);
    await this.store.grants.insertOne(grant);
    return this.answer(grant, refreshToken);
  }

  /**
   * A new access token. The refresh token stays the same: a client that loses the answer can ask again. The person is looked at
   * again, where the catalogue can.
   *
   * @returns undefined when the grant is over, or the person may not upload any more
   */
  async renew(refreshToken: string): Promise<TokenAnswer | undefined> {
    const refresh = digestOf(refreshToken);
    const grant = await this.store.grants.findOne({ refresh, expiresAt: { $gt: this.clock.now() } });
    if (grant === null) return undefined;
    const uploader = await this.catalogue.uploaderNow(grant.uploader);
    if (uploader === undefined || !this.mayUpload(uploader)) return undefined;
    const renewed = await this.store.grants.findOneAndUpdate(
      { _id: grant._id },
      { $set: { uploader } },
      { returnDocument: 'after' },
    );
    return renewed === null ? undefined : this.answer(renewed, refreshToken);
  }

  /** Undefined once it is over. */
  async living(id: string): Promise<Grant | undefined> {
    const grant = await this.store.grants.findOne({ _id: id });
    return grant === null || grant.expiresAt <= this.clock.now() ? undefined : grant;
  }

  async forgetEnded(): Promise<void> {
    await this.store.grants.deleteMany({ expiresAt: { $lte: this.clock.now() } });
  }

  private async makeRoom(username: string): Promise<void> {
    const mine = { 'uploader.username': username };
    const surplus = (await this.store.grants.countDocuments(mine)) - maxOfPerson + 1;
    if (surplus <= 0) return;
    const oldest = await this.store.grants
      .find(mine, { projection: { _id: 1 } })
      .sort({ at: 1 })
      .limit(surplus)
      .toArray();
    await this.store.grants.deleteMany({ _id: { $in: oldest.map(({ _id }) => _id) } });
  }

  private answer({ _id, uploader, expiresAt }: Grant, refreshToken: string): TokenAnswer {
    const left = Math.max(1, Math.floor((expiresAt.getTime() - this.clock.now().getTime()) / 1000));
    const life = Math.floor(this.config.tokenLifetime / 1000);
    const seconds = Math.max(1, Math.min(life, left));
    return {
      access_token: this.tokens.sign(_id, uploader.username, seconds),
      refresh_token: refreshToken,
      expires_in: seconds,
      refresh_expires_in: left,
      token_type: 'Bearer',
      'not-before-policy': 0,
      session_state: _id,
      scope: 'uploads',
    };
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

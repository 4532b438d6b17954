import { hkdfSync } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Inject, Injectable } from '@nestjs/common';
import { compactDecrypt, CompactEncrypt } from 'jose';
import { ConfigToken, type ConsoleConfig } from '../console.config.js';

/** What is sealed under one purpose is nothing under another. */
export type Purpose = 'session' | 'sign-in';

/** Bytes of what a seal may hold: cookies are far smaller. */
const most = 64 * 1024;

/** Keeps things in the browser that nobody there can read or make: any process opens them, and none keeps sessions. */
@Injectable()
export class Sealer {
  private readonly keys: Readonly<Record<Purpose, Uint8Array>>;

  constructor(@Inject(ConfigToken) { secret }: Pick<ConsoleConfig, 'secret'>) {
    const keyOf = (purpose: Purpose): Uint8Array =>
      new Uint8Array(hkdfSync('sha256', secret, '', `console ${purpose}`, 32));
    this.keys = { session: keyOf('session'), 'sign-in': keyOf('sign-in') };
  }

  /** Compressed first: browsers keep 4 KiB of a cookie. */
  seal(purpose: Purpose, content: object): Promise<string> {
    return new CompactEncrypt(deflateRawSync(JSON.stringify(content)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(this.keys[purpose]);
  }

  /** Undefined for whatever was not sealed here, for this purpose. */
  async open<Content extends object>(
    purpose: Purpose,
    sealed: string | undefined,
  ): Promise<Content | undefined> {
    if (sealed === undefined || sealed === '') return undefined;
    try {
      const { plaintext } = await compactDecrypt(sealed, this.keys[purpose], {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      const text = inflateRawSync(plaintext, { maxOutputLength: most }).toString('utf8');
      return JSON.parse(text) as Content;
    } catch {
      return undefined;
    }
  }
}

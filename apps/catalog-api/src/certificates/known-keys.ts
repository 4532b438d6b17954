import { Injectable } from '@nestjs/common';
import { keyIdOf, publishedKey, type CertificateKey } from '#certificates';
import { PermanentError } from '#kernel';
import { Catalogue } from '../persistence/catalogue.js';
import type { CertificateKeyRecord } from '../persistence/records.js';

export type KeyRevocation = NonNullable<CertificateKeyRecord['revoked']>;

/** Keys that are told of: one a year is a lot. */
const maxKeys = 1000;

/** The public keys with which certificates were ever signed: they stay, for old certificates stay valid. */
@Injectable()
export class KnownKeys {
  constructor(private readonly catalogue: Catalogue) {}

  /**
   * Once more is the same.
   *
   * @throws PermanentError `catalog.certificate-key-invalid`
   */
  async add({
    kid,
    x,
    validFrom,
  }: {
    readonly kid: string;
    readonly x: string;
    readonly validFrom: Date;
  }): Promise<void> {
    if (keyIdOf(x) !== kid)
      throw new PermanentError(
        'catalog.certificate-key-invalid',
        `Expected the key ${keyIdOf(x)}, found it announced as ${kid}: its id has to follow from it. Find out who announced it.`,
      );
    await this.catalogue.certificateKeys.updateOne(
      { _id: kid },
      { $setOnInsert: { x, validFrom } },
      { upsert: true },
    );
  }

  /** The newest first: each is retired when the next one was announced. */
  async all(): Promise<CertificateKey[]> {
    const keys = await this.catalogue.certificateKeys
      .find({})
      .sort({ validFrom: -1, _id: 1 })
      .limit(maxKeys)
      .toArray();
    return keys.map(({ x, validFrom, revoked }, index) => {
      const next = keys[index - 1];
      return {
        ...publishedKey(x),
        validFrom: validFrom.toISOString(),
        ...(next === undefined ? {} : { retiredAt: next.validFrom.toISOString() }),
        ...(revoked === undefined ? {} : { revokedAt: revoked.at.toISOString() }),
      };
    });
  }

  /**
   * Nothing that it has signed counts any more. For ever, and the first word stays: once more is the same.
   *
   * @returns the key; undefined when there is none of this id
   */
  async revoke(kid: string, revoked: KeyRevocation): Promise<CertificateKey | undefined> {
    const notYet = { _id: kid, revoked: { $exists: false } } as object;
    await this.catalogue.certificateKeys.updateOne(notYet, { $set: { revoked } });
    return (await this.all()).find((key) => key.kid === kid);
  }
}

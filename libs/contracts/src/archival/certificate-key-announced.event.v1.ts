import { IsISO8601, Matches } from 'class-validator';
import { defineEvent } from '../define-message.js';

/** From now on the archiver signs certificates with this key; earlier ones are retired, and what they signed stays valid. */
export class CertificateKeyAnnouncedV1 {
  /** The thumbprint of the key (RFC 7638). */
  @Matches(/^[A-Za-z0-9_-]{43}$/)
  kid: string;

  /** The public key of Ed25519, base64url. */
  @Matches(/^[A-Za-z0-9_-]{43}$/)
  x: string;

  @IsISO8601({ strict: true })
  validFrom: string;
}

export const certificateKeyAnnouncedV1 = defineEvent({
  type: 'archival.certificate-key-announced.v1',
  emitter: 'archiver',
  consumers: ['catalog-api'],
  about: 'kid',
  order: { within: 'kid', place: 0 },
  payload: CertificateKeyAnnouncedV1,
  summary:
    'From now on the archiver signs certificates with this key; earlier ones are retired, and what they signed stays valid.',
});

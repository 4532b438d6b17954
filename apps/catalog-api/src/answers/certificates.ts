import { Answer, date, list, maybe, number, text } from '../http/answer.js';

/** A JWS in flattened JSON (RFC 7515). */
export class DatasetCertificate extends Answer({ payload: text, protected: text, signature: text }) {}

export class CertificateSummary extends Answer({
  kid: text,
  issuedAt: date,
  jobId: text,
  datablocks: number,
  /**
   * `valid`; `superseded` by a newer one; `declined`: asked for another one since, the archiver had a reason to issue none, a damaged
   * copy for instance; `revoked`: its key was; or `withdrawn`: the catalogue lists other datablocks now.
   */
  state: text,
  /** Why it is declined. */
  reason: maybe(text),
  supersededBy: maybe(date),
}) {}

export class CertificateJwk extends Answer({
  kty: text,
  crv: text,
  x: text,
  kid: text,
  use: text,
  alg: text,
  validFrom: maybe(date),
  retiredAt: maybe(date),
  /** Nothing that it has signed counts any more. */
  revokedAt: maybe(date),
}) {}

export class CertificateKeySet extends Answer({ keys: list(CertificateJwk) }) {}

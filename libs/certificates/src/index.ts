export {
  isCertificate,
  totalsOf,
  type Certificate,
  type CertifiedCopy,
  type CertifiedDatablock,
  type CertifiedTotals,
} from './certificate.js';
export { checkCertificate, type CheckedCertificate } from './check.js';
export { certificateElement, certificateIn } from './in-file.js';
export { keyIdOf, publishedKey, signingKeyFrom, type CertificateKey, type SigningKey } from './keys.js';
export { signCertificate, type SignedCertificate } from './sign.js';

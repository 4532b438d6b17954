import { generateKeyPairSync, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A key and the certificate that belongs to it, both as PEM. */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

const day = 86_400_000;
const sequence = (...items: readonly Buffer[]): Buffer => der(0x30, ...items);
/** Object identifiers, encoded. */
const commonName = der(0x06, Buffer.from('550403', 'hex'));
const alternativeNames = der(0x06, Buffer.from('551d11', 'hex'));
const ecdsaWithSha256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));

/** A certificate that vouches for itself, for a host name or an IPv4 address, since yesterday and for a day (RFC 5280). */
export function selfSigned(host: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(host)))));
  const address = Buffer.from(host.split('.').map(Number));
  const alternative = isIP(host) === 4 ? der(0x87, address) : der(0x82, Buffer.from(host));
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    ecdsaWithSha256,
    name,
    sequence(utcTime(Date.now() - day), utcTime(Date.now() + day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(alternativeNames, der(0x04, sequence(alternative))))),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const whole = sequence(toBeSigned, ecdsaWithSha256, der(0x03, Buffer.of(0), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

/** Tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(content);
  const { length } = bytes;
  const long = [length >> 8, length & 0xff];
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, ...long];
  return Buffer.concat([Buffer.of(tag, ...size), bytes]);
}

function utcTime(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/[-:T]|[.]\d+/g, '');
  return der(0x17, Buffer.from(text.slice(2)));
}

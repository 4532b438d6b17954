import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** What the gateway keeps of the one user: enough to check a proof, not enough to make one. */
export interface ScramVerifier {
  readonly user: string;
  readonly salt: string;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const ITERATIONS = 15_000;
const KEY_LENGTH = 32;
const HEADER_WITHOUT_CHANNEL_BINDING = 'n,,';

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const hash = (data: Buffer): Buffer => createHash('sha256').update(data).digest();

export function makeVerifier(user: string, password: string): ScramVerifier {
  const salt = randomBytes(28);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, KEY_LENGTH, 'sha256');
  return {
    user,
    salt: salt.toString('base64'),
    iterations: ITERATIONS,
    storedKey: hash(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/**
 * The server's side of one SCRAM-SHA-256 conversation (RFC 5802, RFC 7677). An unknown user gets the same questions
 * as the known one and fails at the proof, so that names cannot be probed.
 */
export class ScramConversation {
  private readonly serverFirst: string;
  private readonly clientFirstBare: string;
  private readonly nonce: string;
  private readonly knownUser: boolean;

  private constructor(
    private readonly verifier: ScramVerifier,
    clientFirstBare: string,
    fields: ReadonlyMap<string, string>,
  ) {
    const user = (fields.get('n') ?? '').replaceAll('=2C', ',').replaceAll('=3D', '=');
    this.knownUser = user === verifier.user;
    this.clientFirstBare = clientFirstBare;
    this.nonce = `${fields.get('r')}${randomBytes(24).toString('base64')}`;
    this.serverFirst = `r=${this.nonce},s=${verifier.salt},i=${verifier.iterations}`;
  }

  /** Starts with the client's first message; undefined when that is not SCRAM without channel binding. */
  static start(verifier: ScramVerifier, clientFirst: string): ScramConversation | undefined {
    if (!clientFirst.startsWith(HEADER_WITHOUT_CHANNEL_BINDING)) return undefined;
    const bare = clientFirst.slice(HEADER_WITHOUT_CHANNEL_BINDING.length);
    const fields = parseFields(bare);
    if (!fields.has('n') || (fields.get('r') ?? '') === '') return undefined;
    return new ScramConversation(verifier, bare, fields);
  }

  /** The message that answers the client's first one. */
  challenge(): string {
    return this.serverFirst;
  }

  /** The server's signature when the client's proof is right, otherwise undefined. */
  finish(clientFinal: string): string | undefined {
    const fields = parseFields(clientFinal);
    const proof = Buffer.from(fields.get('p') ?? '', 'base64');
    const withoutProof = clientFinal.slice(0, Math.max(0, clientFinal.lastIndexOf(',p=')));
    const authMessage = `${this.clientFirstBare},${this.serverFirst},${withoutProof}`;
    const { storedKey, serverKey } = this.verifier;
    if (proof.length !== KEY_LENGTH || fields.get('r') !== this.nonce || fields.get('c') !== 'biws')
      return undefined;
    const clientKey = xor(proof, hmac(storedKey, authMessage));
    if (!timingSafeEqual(hash(clientKey), storedKey) || !this.knownUser) return undefined;
    return `v=${hmac(serverKey, authMessage).toString('base64')}`;
  }
}

function parseFields(message: string): Map<string, string> {
  return new Map(message.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] as number)));
}

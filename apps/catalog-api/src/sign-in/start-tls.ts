import { once } from 'node:events';
import { connect as connectInTheClear, type Socket } from 'node:net';
import { connect as connectEncrypted, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** StartTLS as the first message of a connection (RFC 4511, 4.14). */
const request = Buffer.from('\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037', 'latin1');
const extendedResponse = 0x78;
/** Bytes; answers have some thirty, and perhaps a sentence. */
const maxAnswer = 4096;

/** Where a directory listens, and how it is spoken to. */
export interface EncryptedPlace {
  readonly host: string;
  readonly port: number;
  readonly tlsOptions: ConnectionOptions;
  /** Milliseconds until all of it is done. */
  readonly timeout: number;
}

/**
 * A connection that began in the clear and is encrypted now, its certificate checked. The client library has a way of its
 * own, which keeps bytes that came in the clear behind the answer, and takes them for the beginning of what comes encrypted:
 * whoever sits in between could put the first half of an answer there.
 *
 * @throws Error when the directory will not, or says more than its answer in the clear
 */
export async function startTls({ host, port, tlsOptions, timeout }: EncryptedPlace): Promise<TLSSocket> {
  const socket = connectInTheClear(port, host);
  let outer: Socket = socket;
  // Said by whichever of the two is waited for; the other one must not end the process with it.
  socket.on('error', () => undefined);
  const late = setTimeout(() => outer.destroy(new Error(`no TLS within ${timeout} ms`)), timeout);
  try {
    await once(socket, 'connect');
    socket.write(request);
    refuseUnlessAgreed(await answerOf(socket));
    const encrypted = connectEncrypted({ ...tlsOptions, socket });
    outer = encrypted.on('error', () => undefined);
    await once(encrypted, 'secureConnect');
    return encrypted;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

/** Everything that came until an answer was whole: no byte is left to be taken for something else. */
async function answerOf(socket: Socket): Promise<Buffer> {
  let received = Buffer.alloc(0);
  while (received.length < (lengthOf(received) ?? Infinity)) {
    const [chunk] = (await Promise.race([
      once(socket, 'data'),
      once(socket, 'close').then(() => {
        throw new Error('the directory hung up instead of an answer to StartTLS');
      }),
    ])) as [Buffer];
    received = Buffer.concat([received, chunk]);
    if (received.length > maxAnswer) throw new Error('expected a short answer to StartTLS, found a long one');
  }
  socket.pause();
  return received;
}

/** Bytes of the message that begins here, its head included; undefined while too little of it is there. */
function lengthOf(message: Buffer): number | undefined {
  const [, first] = message;
  if (first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const digits = first & 0x7f;
  if (digits === 0 || digits > 4) throw new Error('expected an LDAP message as answer to StartTLS');
  return message.length < 2 + digits ? undefined : 2 + digits + message.readUIntBE(2, digits);
}

function refuseUnlessAgreed(answer: Buffer): void {
  const length = lengthOf(answer) ?? 0;
  if (answer.length > length)
    throw new Error('expected nothing behind the answer to StartTLS, found more in the clear: who sent it?');
  const [tag, lengthByte = 0] = answer;
  const body = answer.subarray(2 + (lengthByte < 0x80 ? 0 : lengthByte & 0x7f));
  const isAnswer =
    tag === 0x30 && body.subarray(0, 3).equals(Buffer.of(2, 1, 1)) && body[3] === extendedResponse;
  if (!isAnswer) throw new Error('expected an LDAP message as answer to StartTLS');
  const inner = body.subarray(5 + ((body[4] ?? 0) < 0x80 ? 0 : (body[4] ?? 0) & 0x7f));
  if (inner[0] !== 0x0a || inner[1] !== 1 || inner[2] !== 0)
    throw new Error(`the directory does not start TLS (result ${inner[2] ?? 'unknown'})`);
}

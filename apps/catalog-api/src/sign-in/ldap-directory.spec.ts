import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterEach, describe, it } from 'node:test';
import { selfSigned, type Certificate } from '../../../../test/support/certificates.js';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { escapeFilter, LdapDirectory } from './ldap-directory.js';

it('A search filter takes names as text only', () => {
  assert.equal(escapeFilter('anna'), 'anna');
  assert.equal(escapeFilter('a*)(uid=\\\0'), 'a\\2a\\29\\28uid=\\5c\\00');
  assert.equal(escapeFilter('uid=odd\\28name,ou=süd'), 'uid=odd\\5c28name,ou=süd');
});

/** Results of RFC 4511. */
const [success, unavailable] = [0, 52];

describe('A directory that is asked to encrypt', () => {
  let server: Server | undefined;
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server?.close();
  });

  /** Answers StartTLS with a result, then goes on as told; gives back all that it heard in the clear. */
  async function directoryThat(result: number, goOn: (socket: Socket) => void = () => undefined) {
    const heard: Buffer[] = [];
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', (request) => {
        heard.push(request);
        const id = request[4] ?? 0;
        socket.cork();
        socket.write(Buffer.of(0x30, 12, 2, 1, id, 0x78, 7, 0x0a, 1, result, 4, 0, 4, 0));
        socket.on('data', (more: Buffer) => heard.push(more));
        goOn(socket);
        socket.uncork();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ldap = {
      ...{ url: `ldap://127.0.0.1:${port}`, bindDn: 'cn=manager', bindCredentials: 'secret of the manager' },
      ...{ searchBase: 'dc=x', searchFilter: '(uid={{username}})', startsTls: true },
    };
    const config = { identity: { ldap }, edge: { http: { timeout: 200 } } };
    const signIn = () =>
      new LdapDirectory(config as unknown as CatalogApiConfig).signIn('ada', 'password of ada');
    return { signIn, text: () => Buffer.concat(heard).toString('latin1') };
  }
  const showing =
    ({ key, certificate }: Certificate) =>
    (socket: Socket): void => {
      const secureContext = createSecureContext({ key, cert: certificate });
      new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined);
    };

  /** The head of a BindResponse that says yes, and whose sentence swallows the true one. */
  const halfAYes = Buffer.from([0x30, 0x1a, 2, 1, 3, 0x61, 0x15, 0x0a, 1, success, 4, 0, 4, 0x0e]);

  for (const [what, result, goOn, said] of [
    [
      'is answered for by one who sits in between',
      success,
      (socket: Socket) => socket.write(halfAYes),
      /found more in the clear/,
    ],
    ['refuses', unavailable, undefined, /directory/],
    ['agrees and says nothing more', success, undefined, /no TLS within 200 ms/],
    ['shows a certificate that nobody vouches for', success, showing(selfSigned('127.0.0.1')), /certificate/],
  ] as const)
    it(`and ${what} hears no name and no password`, async () => {
      const { signIn, text } = await directoryThat(result, goOn);
      await assert.rejects(signIn(), (error: Error & { code: string }) => {
        assert.equal(error.code, 'catalog.directory-away');
        assert.match(error.message, said);
        return true;
      });
      assert.doesNotMatch(text(), /ada|manager|secret/);
    });
});

import { createServer, type Server } from 'node:net';

/**
 * Claims a port among all Catenas of this machine: from when one chooses it until its process ends. Between choosing and
 * listening lies the start of the services, in which another start would find the port free as well. The claim is a
 * name in the kernel's own name space of sockets (abstract, Linux only): it ends with the process, whatever happens.
 *
 * @returns false when another start, of anybody, has it
 */
export function claimPort(port: number): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(true);
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(false));
    server.listen(`\0catena-port-${port}`, () => {
      server.unref();
      claims.push(server);
      resolve(true);
    });
  });
}

/** Kept, so that none is closed before the end. */
const claims: Server[] = [];

import { createServer } from 'node:net';
import { claimPort } from './port-claims.js';
import { portNames, type PortName } from './app-environments.js';

/** A port was asked for and cannot be had; the message says what to do. */
export class PortTaken extends Error {}

const firstPort = 3000;
/** Far enough for anybody, below the range from which the system takes ports itself. */
const portsTried = 200;

/**
 * A free port for everything that listens: 3000 and the next ones when they are free.
 *
 * @param wanted the port the user fixed for catalog-api
 * @throws PortTaken when that one is not free
 */
export async function choosePorts(
  wanted: string | undefined,
  isFree = isPortOurs,
): Promise<Record<PortName, number>> {
  const ports: Partial<Record<PortName, number>> = {};
  let next = firstPort;
  if (wanted !== undefined) ports['catalog-api'] = next = await fixedPort(wanted, isFree);
  for (const name of portNames.filter((one) => ports[one] === undefined)) {
    const last = next + portsTried;
    while (Object.values(ports).includes(next) || !(await isFree(next)))
      if (++next > last)
        throw new PortTaken(`Expected a free port between ${last - portsTried} and ${last}, found none.`);
    ports[name] = next;
  }
  return ports as Record<PortName, number>;
}

async function fixedPort(wanted: string, isFree: (port: number) => Promise<boolean>): Promise<number> {
  const port = Number(wanted);
  if (!Number.isInteger(port) || port < 1 || port > 65_000)
    throw new PortTaken(`Expected CATENA_PORT to be a port number, found ${JSON.stringify(wanted)}.`);
  if (!(await isFree(port)))
    throw new PortTaken(
      `Expected port ${port} (CATENA_PORT) to be free, found it in use, or chosen by another npm start. Stop what uses it, choose another, or unset CATENA_PORT to have a free one found.`,
    );
  return port;
}

/** Free, and chosen by no other start: ours from now on. */
async function isPortOurs(port: number): Promise<boolean> {
  return (await isPortFree(port)) && claimPort(port);
}

function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

import { once } from 'node:events';
import { connect } from 'node:net';

/** Milliseconds until an address that says nothing counts as away. */
const patience = 5000;
const usualPorts: Readonly<Record<string, number>> = {
  ...{ mongodb: 27_017, amqp: 5672, amqps: 5671, http: 80, https: 443 },
};

/**
 * Asks at the address of a service that is there already, before anything waits for it: a variable that was left over from a stack that
 * is gone would have every test wait for its whole time.
 *
 * @param url of one service, or of a MongoDB with several members, of which one has to answer. What only a name server can
 * resolve (`mongodb+srv`) is not asked.
 * @throws Error that names the variable, and the addresses that did not answer
 */
export async function ensureReachable(variable: string, url: string): Promise<void> {
  const addresses = addressesIn(url);
  if (addresses.length === 0) return;
  const faults = await Promise.all(addresses.map((address) => faultOf(address)));
  if (faults.some((fault) => fault === undefined)) return;
  const found = addresses.map(({ host, port }, index) => `${host}:${port} (${faults[index]})`).join(', ');
  throw new Error(
    `Expected the service of ${variable} to answer, found nobody at ${found}. Start it, or unset ${variable}: then one is started here.`,
  );
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function addressesIn(url: string): Address[] {
  const [, scheme = '', hosts = ''] = /^([a-z+]+):\/\/(?:[^@/]*@)?([^/?]+)/.exec(url) ?? [];
  const usual = usualPorts[scheme];
  if (usual === undefined) return [];
  return hosts.split(',').map((text) => {
    const [, host = '', port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(text) ?? [];
    return { host, port: port === undefined ? usual : Number(port) };
  });
}

async function faultOf(address: Address): Promise<string | undefined> {
  const socket = connect(address);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(patience) });
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const PORT_NAMES = [
  'mongodb',
  'amqp',
  'amqpDistribution',
  'amqpNameServer',
  'amqpManagement',
  's3',
  'swiftObject',
  'swiftContainer',
  'swiftAccount',
  'memcached',
] as const;

type PortName = (typeof PORT_NAMES)[number];

/** What a data directory keeps between starts: changing any of it would orphan the data or the clients. */
export interface StackSettings {
  readonly format: 1;
  /** Tells this stack's nodes from those of other stacks. */
  readonly id: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly mongodb: { readonly user: string; readonly password: string };
  readonly rabbitmq: { readonly user: string; readonly password: string; readonly cookie: string };
  readonly s3: { readonly secret: string; readonly hashPrefix: string; readonly hashSuffix: string };
}

/** Ports lie below the range from which the system takes those of outgoing connections. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_700;

/** Reads the settings of a data directory, or makes and keeps new ones. */
export async function loadSettings(dataDirectory: string): Promise<StackSettings> {
  const file = join(dataDirectory, 'stack.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as StackSettings;
  const settings: StackSettings = {
    format: 1,
    id: randomBytes(5).toString('hex'),
    ports: await freePorts(),
    mongodb: { user: 'catena', password: secret() },
    rabbitmq: { user: 'catena', password: secret(), cookie: secret() },
    s3: { secret: secret(), hashPrefix: secret(), hashSuffix: secret() },
  };
  writeFileSync(file, `${JSON.stringify(settings, undefined, 2)}\n`, { mode: 0o600 });
  return settings;
}

function secret(): string {
  return randomBytes(18).toString('hex');
}

/** A block of neighbouring ports that are all free; a random one, because several stacks may choose at once. */
async function freePorts(): Promise<Record<PortName, number>> {
  for (;;) {
    const first = randomInt(FIRST_PORT, LAST_PORT - PORT_NAMES.length);
    const block = PORT_NAMES.map((name, index) => [name, first + index] as const);
    const free = await Promise.all(block.map(([, port]) => isFree(port)));
    if (free.every(Boolean)) return Object.fromEntries(block) as Record<PortName, number>;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}

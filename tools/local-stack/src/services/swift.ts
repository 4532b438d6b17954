import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'minio';
import { inside, runInside, sandboxedProcess, serviceFile, serviceFolder } from './home.js';
import type { ServiceDefinition, ServiceHome } from './service.js';
import type { StackSettings } from '../settings.js';
import {
  backendConfiguration,
  proxyConfiguration,
  swiftConfiguration,
  type StorageUser,
} from './swift-configuration.js';

const ACCOUNT = 'catena';
const REGION = 'us-east-1';

const END_SIGNAL = 'SIGINT';

const BACKENDS = ['object', 'container', 'account'] as const;
type Backend = (typeof BACKENDS)[number];

/** OpenStack Swift with its S3 interface: one copy of everything, in plain folders. */
export function swiftService(home: ServiceHome): ServiceDefinition {
  const { ports, s3 } = home.settings;
  const accessKey = `${ACCOUNT}:${ACCOUNT}`;
  const client = new Client({
    endPoint: '127.0.0.1',
    port: ports.s3,
    useSSL: false,
    accessKey,
    secretKey: s3.secret,
    region: REGION,
    pathStyle: true,
    retryOptions: { disableRetry: true },
  });
  const server = (name: string): [string, string] => [
    `/usr/bin/swift-${name}`,
    inside('swift/etc', `${name}.conf`),
  ];
  const proxy = sandboxedProcess(home, 'swift-proxy', END_SIGNAL, server('proxy-server'));
  return {
    name: 's3',
    port: ports.s3,
    environment: {
      S3_ENDPOINT: `http://127.0.0.1:${ports.s3}`,
      S3_ACCESS_KEY: accessKey,
      S3_SECRET_KEY: s3.secret,
      S3_REGION: REGION,
      ...Object.assign(
        {},
        ...usersOf(home.settings).map(({ name, secret }) => ({
          [`S3_ACCESS_KEY_${variable(name)}`]: `${ACCOUNT}:${name}`,
          [`S3_SECRET_KEY_${variable(name)}`]: secret,
        })),
      ),
    },
    processes: [
      proxy,
      ...BACKENDS.map((name) =>
        sandboxedProcess(home, `swift-${name}`, END_SIGNAL, server(`${name}-server`)),
      ),
      sandboxedProcess(home, 'memcached', END_SIGNAL, [
        ...['/usr/bin/memcached', '-l', '127.0.0.1', '-p', String(ports.memcached), '-U', '0', '-m', '32'],
      ]),
    ],
    prepare: () => prepare(home),
    probe: async () => {
      await client.listBuckets();
    },
  };
}

/** One key for each app that stores objects. Derived, so that a data directory of an earlier version has them as well. */
function usersOf({ s3 }: StackSettings): StorageUser[] {
  return ['catalog-api', 'job-assembler', 'archiver'].map((name) => ({
    name,
    secret: createHmac('sha256', s3.secret).update(name).digest('hex').slice(0, 36),
  }));
}

function variable(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}

function backendPort({ settings }: ServiceHome, name: Backend): number {
  const { swiftObject, swiftContainer, swiftAccount } = settings.ports;
  return { object: swiftObject, container: swiftContainer, account: swiftAccount }[name];
}

async function prepare(home: ServiceHome): Promise<void> {
  const { settings, dataDirectory } = home;
  for (const folder of ['', 'etc', 'data', 'data/d1']) serviceFolder(home, 'swift', folder);
  serviceFile(home, 'swift/etc/swift.conf', swiftConfiguration(settings.s3));
  for (const name of BACKENDS) {
    const text = backendConfiguration(name, backendPort(home, name));
    serviceFile(home, `swift/etc/${name}-server.conf`, text);
  }
  const proxy = proxyConfiguration(settings, ACCOUNT, REGION, usersOf(settings));
  serviceFile(home, 'swift/etc/proxy-server.conf', proxy);
  if (existsSync(join(dataDirectory, 'swift/etc/rings-made'))) return;
  home.log('s3: making the rings');
  await Promise.all(BACKENDS.map((name) => makeRing(home, name)));
  serviceFile(home, 'swift/etc/rings-made', '');
}

/** A ring says which server keeps what; with one server of each kind it is soon said. */
async function makeRing(home: ServiceHome, name: Backend): Promise<void> {
  const device = `r1z1-127.0.0.1:${backendPort(home, name)}/d1`;
  const script = `cd ${inside('swift/etc')}; rm -f ${name}.builder
    swift-ring-builder ${name}.builder create 4 1 0
    swift-ring-builder ${name}.builder add ${device} 1
    swift-ring-builder ${name}.builder rebalance`;
  await runInside(home, ['sh', '-ec', script]);
}

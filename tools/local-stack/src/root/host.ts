import { existsSync, readFileSync } from 'node:fs';
import { runCommand } from '../process/run-command.js';

/** The stack cannot be made on this machine; the message says what can be done instead. */
export class UnsupportedHost extends Error {}

export interface Host {
  readonly bootstrapper: string;
  bootstrapParameters(suite: string, target: string, mirror: string): string[];
  installBootstrapper(log: (line: string) => void): Promise<void>;
}

const OTHER_WAYS = `Two other ways to give Catena its services:
  - docker compose up -d     (docker-compose.yml starts MongoDB, RabbitMQ and MinIO)
  - set MONGODB_URI, RABBITMQ_URL and S3_ENDPOINT (with S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION) to services you have`;

/** debootstrap has scripts for the suites its own release knew; all of them are links to this one. */
const NEWEST_SCRIPT = '/usr/share/debootstrap/scripts/sid';

/** Finds out how a root can be made here, or explains why not. */
export function checkHost(): Host {
  const system = osRelease();
  if (process.platform !== 'linux' || system.get('ID') !== 'debian') {
    const found = system.get('PRETTY_NAME') ?? process.platform;
    throw unsupported(
      `the local services are made of Debian packages and need a Debian host; this is ${found}`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw unsupported(
      'making the Debian root needs root, running it afterwards does not: run "npm run stack -- prepare" once as root ' +
        'with CATENA_CACHE set to a folder you can read, then again as yourself with the same CATENA_CACHE',
    );
  }
  return debootstrapHost;
}

export function unsupported(reason: string): UnsupportedHost {
  return new UnsupportedHost(`${reason}.\n${OTHER_WAYS}`);
}

const debootstrapHost: Host = {
  bootstrapper: 'debootstrap',
  bootstrapParameters: (suite, target, mirror) => ['--variant=minbase', suite, target, mirror, NEWEST_SCRIPT],
  async installBootstrapper(log) {
    if (existsSync('/usr/sbin/debootstrap')) return;
    log('installing debootstrap with apt-get');
    await runCommand('apt-get', ['install', '-y', '--no-install-recommends', 'debootstrap'], {
      environment: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  },
};

/** The mirror this machine installs from itself: the repository never names one. */
export async function debianMirror(): Promise<string> {
  const codename = osRelease().get('VERSION_CODENAME') ?? '';
  const lines = await runCommand('apt-get', ['indextargets', '--format', '$(RELEASE) $(REPO_URI)']);
  const mirror = lines.map((line) => line.split(' ')).find(([release]) => release === codename)?.[1];
  if (mirror === undefined) {
    throw unsupported(`apt knows no repository for ${codename}; its sources must name a Debian mirror`);
  }
  return mirror;
}

function osRelease(): Map<string, string> {
  try {
    const pairs = readFileSync('/etc/os-release', 'utf8')
      .split('\n')
      .map((line) => /^(\w+)="?([^"]*)"?$/.exec(line));
    return new Map(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] as string, pair[2] as string]])));
  } catch {
    return new Map();
  }
}

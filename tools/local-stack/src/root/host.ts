import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from '../process/run-command.js';

/** The stack cannot be made on this machine; the message says what can be done instead. */
export class UnsupportedHost extends Error {}

const OTHER_WAYS = `Two other ways to give Catena its services:
  - docker compose up -d     (docker-compose.yml starts MongoDB, RabbitMQ and an object store)
  - set MONGODB_URI, RABBITMQ_URL and S3_ENDPOINT (with S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION) to services you have`;

export function unsupported(reason: string): UnsupportedHost {
  return new UnsupportedHost(`${reason}.\n${OTHER_WAYS}`);
}

/** What a machine must have for the trees to be made and entered; all of it is on every Debian. */
const PROGRAMS = ['apt-get', 'apt-cache', 'dpkg-deb', 'tar', 'setpriv', 'unshare', 'flock'];
const KEYRINGS = ['debian-archive-keyring.pgp', 'debian-archive-keyring.gpg'];
/** Names of Debian's releases, as sources may have them beside the code name of the machine's own. */
const RELEASES = ['stable', 'testing', 'unstable', 'sid', 'oldstable', 'bookworm', 'trixie', 'forky', 'duke'];
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** What is asked of the machine; tests put another machine in its place. */
export interface Machine {
  readonly platform: string;
  readonly architecture: string;
  readonly environment: NodeJS.ProcessEnv;
  /** The fields of /etc/os-release. */
  readonly release: ReadonlyMap<string, string>;
  hasProgram(name: string): boolean;
  /** apt's sources: release, component, origin (empty when never asked for), URL. */
  sources(): Promise<readonly (readonly string[])[]>;
  hasFile(path: string): boolean;
}

export function thisMachine(environment: NodeJS.ProcessEnv): Machine {
  return {
    platform: process.platform,
    architecture: process.arch,
    environment,
    release: osRelease(),
    hasProgram,
    hasFile: existsSync,
    sources: async () => {
      const format = '$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(REPO_URI)';
      const lines = await runCommand('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
      return lines.map((line) => line.split('|'));
    },
  };
}

/** Where packages come from and what proves them. */
export interface DebianSource {
  readonly mirror: string;
  readonly keyring: string;
  /** As Debian calls it. */
  readonly architecture: string;
}

/** Finds out where this machine gets Debian packages from, or explains what it lacks. */
export async function debianSource(machine: Machine): Promise<DebianSource> {
  const called = machine.release.get('PRETTY_NAME') ?? machine.platform;
  const architecture = ARCHITECTURES[machine.architecture];
  if (machine.platform !== 'linux' || architecture === undefined) {
    throw unsupported(
      `the local services are made of Debian packages for Linux on x86-64 or arm64; this is ${called} on ${machine.architecture}`,
    );
  }
  const missing = PROGRAMS.filter((name) => !machine.hasProgram(name));
  if (missing.length > 0) {
    throw unsupported(
      `the local services are made of Debian packages and need a Debian, or a system made of one; this is ${called}, without ${missing.join(', ')}`,
    );
  }
  return { mirror: await mirrorOf(machine, called), keyring: keyringOf(machine, called), architecture };
}

/** The mirror this machine installs from itself: the repository never names one. */
async function mirrorOf(machine: Machine, called: string): Promise<string> {
  const given = machine.environment['CATENA_DEBIAN_MIRROR'] ?? '';
  if (given !== '') return given;
  const releases = new Set([machine.release.get('VERSION_CODENAME') ?? '', ...RELEASES]);
  const isUbuntu = [machine.release.get('ID'), machine.release.get('ID_LIKE')].join(' ').includes('ubuntu');
  // Sources that were never fetched do not say whose they are.
  const found = (await machine.sources()).filter(
    ([release = '', component, origin = '']) =>
      component === 'main' && releases.has(release) && (origin === 'Debian' || (origin === '' && !isUbuntu)),
  );
  const [, , , mirror] = found.find(([, , origin]) => origin === 'Debian') ?? found[0] ?? [];
  if (mirror !== undefined) return mirror;
  throw unsupported(
    `apt on this ${called} knows no Debian repository; set CATENA_DEBIAN_MIRROR to the address of a Debian mirror (what stands before "/dists/" in its addresses)`,
  );
}

function keyringOf({ hasFile }: Machine, called: string): string {
  const paths = KEYRINGS.map((name) => join('/usr/share/keyrings', name));
  const found = paths.find(hasFile);
  if (found !== undefined) return found;
  throw unsupported(
    `the keys by which Debian signs its packages are missing on this ${called}: expected ${paths.join(' or ')}. Install the package debian-archive-keyring (apt-get install debian-archive-keyring)`,
  );
}

/** Programs of administrators are looked for as well: Debian keeps them out of the path of others. */
export function hasProgram(name: string): boolean {
  return pathOf(name) !== undefined;
}

function pathOf(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
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

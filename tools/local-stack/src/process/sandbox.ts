import { join } from 'node:path';
import { DATA_MOUNT_POINT } from '../root/recipe.js';

/** The user services run as when we are root: PostgreSQL refuses to be root, and nobody else should own the data. */
const SERVICE_UID = 64_742;

/**
 * How a program gets into a tree: by our own namespaces, by those behind a user namespace (without root there are no
 * others, so that is a way of its own for root only), by bubblewrap's, or by a tracer that rewrites its paths.
 */
export type Entrance = 'namespaces' | 'user-namespaces' | 'bwrap' | 'proot';

/** Where the tracer keeps its loader, in a data directory: it must run from there, and /tmp may forbid that. */
export const TRACER_FOLDER = 'tracer';

export interface Sandbox {
  readonly root: string;
  readonly dataDirectory: string;
  readonly entrance: Entrance;
  /** Keep our own identity, to write into the tree itself. */
  readonly asOwner?: boolean;
}

/** Uid (and gid) of the services. */
export function serviceUid(): number {
  const uid = process.getuid?.() ?? 0;
  return uid === 0 ? SERVICE_UID : uid;
}

/**
 * Mounts what a program needs below the root, in a mount namespace of its own, then becomes that program. Nothing
 * stays mounted when it ends, and no other process ever sees these mounts. The host is called localhost in there:
 * programs that look their host's name up (RabbitMQ does) must not wait for a name server that does not know it.
 */
const ENTER = `
root=$1 data=$2 identity=$3 signal=$4; shift 4
PATH=$PATH:/usr/sbin:/sbin
hostname localhost
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/run"
mount --bind "$data" "$root${DATA_MOUNT_POINT}"
mount --bind "$data/etc/passwd" "$root/etc/passwd"
cd "$root${DATA_MOUNT_POINT}"
exec chroot "$root" setpriv $identity --inh-caps=-all --ambient-caps=-all \\
  --no-new-privs --pdeathsig "$signal" -- "$@"
`;

const NAMESPACES = ['--mount', '--uts', '--pid', '--fork', '--propagation', 'private', '--kill-child=KILL'];
/** Without root: first a user namespace in which we may mount. It comes first because entering it forgets pdeathsig. */
const USER_NAMESPACE = ['unshare', '--user', '--map-current-user', '--keep-caps', '--'];
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', '--'];

/**
 * The command line that runs a program inside the root. It stands in a process namespace of its own: when its first
 * process ends, for whatever reason, the kernel ends all the others; when the launcher dies, it gets `endSignal`.
 */
export function sandboxed(
  sandbox: Sandbox,
  endSignal: string,
  command: readonly string[],
): { readonly program: string; readonly parameters: string[] } {
  const ways: Readonly<Record<Entrance, typeof byNamespaces>> = {
    namespaces: byNamespaces,
    'user-namespaces': byNamespaces,
    bwrap: byBubblewrap,
    proot: byTracer,
  };
  const [program, ...parameters] = ways[sandbox.entrance](sandbox, endSignal, command);
  return { program: program as string, parameters };
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Whether the services' user enters, and not root who becomes that user inside: whoever is refused plain namespaces
 * lacks what it takes to do so behind a user namespace, and to trace a process of another user.
 */
export function entersAsService({ entrance, asOwner }: Omit<Sandbox, 'root' | 'dataDirectory'>): boolean {
  return isRoot() && entrance !== 'namespaces' && asOwner !== true;
}

/** Without root we are the service user already, and may not even ask to become it. */
function identityOf({ asOwner }: Pick<Sandbox, 'asOwner'>): string[] {
  const uid = String(serviceUid());
  return isRoot() && asOwner !== true ? ['--reuid', uid, '--regid', uid, '--clear-groups'] : [];
}

/** First of all, because a process that changes its user forgets pdeathsig. */
function identityBefore(sandbox: Sandbox): string[] {
  return entersAsService(sandbox) ? ['setpriv', ...identityOf(sandbox), '--inh-caps=-all', '--'] : [];
}

function identityInside(sandbox: Sandbox): string[] {
  return entersAsService(sandbox) ? [] : identityOf(sandbox);
}

function byNamespaces(sandbox: Sandbox, endSignal: string, command: readonly string[]): string[] {
  const { root, dataDirectory, entrance } = sandbox;
  return [
    ...identityBefore(sandbox),
    ...(isRoot() && entrance === 'namespaces' ? [] : USER_NAMESPACE),
    ...[...DIES_WITH_US, 'unshare', ...NAMESPACES, '--'],
    ...[
      'sh',
      '-ec',
      ENTER,
      'sh',
      root,
      dataDirectory,
      identityInside(sandbox).join(' '),
      endSignal,
      ...command,
    ],
  ];
}

/** Where administrators let bubblewrap make namespaces, but not everybody. */
function byBubblewrap(sandbox: Sandbox, endSignal: string, command: readonly string[]): string[] {
  const { root, dataDirectory } = sandbox;
  return [
    ...identityBefore(sandbox),
    ...[...DIES_WITH_US, 'bwrap', ...(isRoot() && sandbox.asOwner === true ? ['--unshare-user'] : [])],
    ...['--bind', root, '/', '--dev-bind', '/dev', '/dev'],
    ...['--perms', '1777', '--tmpfs', '/dev/shm', '--proc', '/proc', '--perms', '1777', '--tmpfs', '/tmp'],
    ...['--tmpfs', '/run', '--bind', dataDirectory, DATA_MOUNT_POINT],
    ...['--bind', join(dataDirectory, 'etc/passwd'), '/etc/passwd'],
    ...[
      '--unshare-uts',
      '--hostname',
      'localhost',
      '--unshare-pid',
      '--as-pid-1',
      '--chdir',
      DATA_MOUNT_POINT,
      '--',
    ],
    ...innerMost(sandbox, endSignal, command),
  ];
}

/**
 * Where nobody may make namespaces: slower, and without walls, but it needs no right at all. The tracer is the tree's
 * own, with the tree's own libraries, because the machine may have neither. It does without seccomp's filters: with
 * them, programs of newer kernels end by a signal.
 */
function byTracer(sandbox: Sandbox, endSignal: string, command: readonly string[]): string[] {
  const { root, dataDirectory } = sandbox;
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const loader = process.arch === 'arm64' ? 'lib/ld-linux-aarch64.so.1' : 'lib64/ld-linux-x86-64.so.2';
  return [
    ...identityBefore(sandbox),
    ...[
      ...DIES_WITH_US,
      ...['env', 'PROOT_NO_SECCOMP=1', `PROOT_TMP_DIR=${join(dataDirectory, TRACER_FOLDER)}`],
      join(root, 'usr', loader),
      '--library-path',
      join(root, `usr/lib/${machine}-linux-gnu`),
    ],
    ...[join(root, 'usr/bin/proot'), '--kill-on-exit', '-r', root, '-b', '/dev', '-b', '/proc', '-b', '/tmp'],
    ...['-b', `${dataDirectory}:${DATA_MOUNT_POINT}`, '-b', `${dataDirectory}/etc/passwd:/etc/passwd`],
    ...['-w', DATA_MOUNT_POINT],
    ...innerMost(sandbox, endSignal, command),
  ];
}

function innerMost(sandbox: Sandbox, endSignal: string, command: readonly string[]): string[] {
  return [
    'setpriv',
    ...identityInside(sandbox),
    '--no-new-privs',
    '--pdeathsig',
    endSignal,
    '--',
    ...command,
  ];
}

import { RECIPE } from '../root/recipe.js';

/** The user services run as when we are root: PostgreSQL refuses to be root, and nobody else should own the data. */
const SERVICE_UID = 64_742;

export interface Sandbox {
  readonly root: string;
  readonly dataDirectory: string;
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
hostname localhost
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/run"
mount --bind "$data" "$root${RECIPE.dataMountPoint}"
mount --bind "$data/etc/passwd" "$root/etc/passwd"
cd "$root${RECIPE.dataMountPoint}"
exec chroot "$root" setpriv $identity --inh-caps=-all --ambient-caps=-all \\
  --no-new-privs --pdeathsig "$signal" -- "$@"
`;

const NAMESPACES = ['--mount', '--uts', '--pid', '--fork', '--propagation', 'private', '--kill-child=KILL'];
/** Without root: first a user namespace in which we may mount. It comes first because entering it forgets pdeathsig. */
const USER_NAMESPACE = ['unshare', '--user', '--map-current-user', '--keep-caps', '--'];

/**
 * The command line that runs a program inside the root. It stands in a process namespace of its own: when its first
 * process ends, for whatever reason, the kernel ends all the others; when the launcher dies, it gets `endSignal`.
 */
export function sandboxed(
  sandbox: Sandbox,
  endSignal: string,
  command: readonly string[],
): { readonly program: string; readonly parameters: string[] } {
  const isRoot = process.getuid?.() === 0;
  const uid = serviceUid();
  // Without root we are the service user already, and may not even ask to become it.
  const identity = isRoot ? `--reuid ${uid} --regid ${uid} --clear-groups` : '';
  const [program, ...parameters] = [
    ...(isRoot ? [] : USER_NAMESPACE),
    ...['setpriv', '--pdeathsig', 'KILL', '--', 'unshare', ...NAMESPACES, '--'],
    ...['sh', '-ec', ENTER, 'sh', sandbox.root, sandbox.dataDirectory, identity, endSignal, ...command],
  ];
  return { program: program as string, parameters };
}

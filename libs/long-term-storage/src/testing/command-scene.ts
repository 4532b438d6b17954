import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientEnvironment } from '../command/client-environment.config.js';
import { CommandStorage, type CommandStorageOptions } from '../command/command-storage.adapter.js';

/** A client with a folder behind it, and a fault to order in a file beside it: `put exit 7`, `get half`, `put lie` … */
const client = `#!/bin/sh
op=$1; root=$2; name=$3; other=$4
fault=$(cat "$root.fault" 2>/dev/null)
case "$fault" in
  "$op exit "*) echo "told to fail" >&2; exit "\${fault##* }";;
  "$op hang") sleep 600 & echo $! > "$root.pid"; wait;;
  "$op lie") exit 0;;
  "$op chatter") head -c 3000000 /dev/zero | tr '\\0' 'x'; echo;;
  "$op secrets") env > "$root.env";;
esac
case "$op" in
  put) mkdir -p "$(dirname "$root/$name")"
    if [ "$fault" = "put half" ]; then head -c 3 "$other" > "$root/$name"; exit 0; fi
    if [ "$fault" = "put other" ]; then tr a-z A-Z < "$other" > "$root/$name"; exit 0; fi
    cp "$other" "$root/$name";;
  get) [ -f "$root/$name" ] || exit 8
    if [ "$fault" = "get half" ]; then head -c 3 "$root/$name" > "$other"; exit 0; fi
    cp "$root/$name" "$other";;
  stat) [ -f "$root/$name" ] || exit 8
    if [ "$fault" = "stat mumble" ]; then echo "all is well"; exit 0; fi
    echo "Size: $(stat -c %s "$root/$name") bytes, $(stat -c %Y "$root/$name")";;
  remove) [ -f "$root/$name" ] || exit 8; rm "$root/$name";;
  rename) [ -f "$root/$name" ] || exit 8; mkdir -p "$(dirname "$root/$other")"; mv "$root/$name" "$root/$other";;
  identify) cat "$root.server";;
  locate) cat "$root.places";;
  list) cd "$root" && find . -type f -printf '%s %P\\n';;
esac
`;

const folders: string[] = [];

/** For `after`. */
export function clearScenes(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export interface Scene {
  readonly root: string;
  readonly spool: string;
  readonly storage: CommandStorage;
  readonly options: CommandStorageOptions;
  order(fault?: string): void;
}

export function scene(
  without: readonly string[] = [],
  options: Partial<CommandStorageOptions> = {},
  /** Commands that few clients have. */
  also: readonly ('identify' | 'locate')[] = [],
): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'catena-command-'));
  folders.push(folder);
  const [program, root, spool] = [join(folder, 'client'), join(folder, 'root'), join(folder, 'spool')];
  writeFileSync(program, client);
  chmodSync(program, 0o755);
  for (const made of [root, spool]) mkdirSync(made);
  const all = {
    ...{ put: [program, 'put', root, '{name}', '{file}'], get: [program, 'get', root, '{name}', '{file}'] },
    ...{ stat: [program, 'stat', root, '{name}'], remove: [program, 'remove', root, '{name}'] },
    ...{ rename: [program, 'rename', root, '{name}', '{to}'], list: [program, 'list', root, '{name}'] },
  };
  for (const command of also) Object.assign(all, { [command]: [program, command, root, '{name}'] });
  const given: CommandStorageOptions = {
    ...{
      name: 'tape',
      spool,
      spoolLimit: 50_000_000,
      timeout: 60_000,
      mercy: 50,
      environment: clientEnvironment([]),
    },
    commands: Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name))),
    exits: { missing: [8], full: [28], away: [11], permanent: [12] },
    statPattern: /Size: (?<size>\d+) bytes/,
    ...options,
  };
  const storage = new CommandStorage(given);
  const order = (fault?: string): void => {
    rmSync(`${root}.fault`, { force: true });
    if (fault !== undefined) writeFileSync(`${root}.fault`, fault);
  };
  return { root, spool, storage, options: given, order };
}

export async function put(storage: CommandStorage, name: string, content: string): Promise<void> {
  const writer = await storage.create(name, 'token');
  try {
    await writer.write(Buffer.from(content));
    await writer.commit();
  } finally {
    await writer.discard();
  }
}
export const load = async (storage: CommandStorage, name: string): Promise<string> =>
  ((await (await storage.read(name)).toArray()) as Buffer[]).join('');

/** What waits in the spool, of whichever process. */
export const spooled = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'alive')
    .map((entry) => entry.name);

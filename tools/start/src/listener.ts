import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTENING = '0A';

/**
 * Whether a process itself listens on a port: an answer from there may be another program's. True where the kernel does
 * not say.
 */
export function listensOn(pid: number, port: number): boolean {
  const inodes = listeningSockets(port);
  if (inodes === undefined) return true;
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((name) => inodes.has(targetOf(`${folder}/${name}`)));
  } catch {
    return false;
  }
}

/** The sockets that listen on a port, as `socket:[inode]`; of both versions of the protocol. */
function listeningSockets(port: number): Set<string> | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const found = new Set<string>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = contentOf(file);
    if (text === undefined) continue;
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state === LISTENING && local.endsWith(`:${wanted}`)) found.add(`socket:[${inode}]`);
    }
  }
  return contentOf('/proc/net/tcp') === undefined ? undefined : found;
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** A descriptor may be closed while we look. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

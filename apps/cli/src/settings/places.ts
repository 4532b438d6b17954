import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where people keep settings of programs: `~/.config/catena` or what XDG says, `%APPDATA%\catena` on Windows. */
export function configFolder(environment: Environment, platform = process.platform): string {
  return platform === 'win32'
    ? windowsFolder(environment, 'APPDATA', 'Roaming')
    : join(folderOf(environment, 'XDG_CONFIG_HOME', '.config'), 'catena');
}

/** Where interrupted work is remembered. */
export function stateFolder(environment: Environment, platform = process.platform): string {
  return platform === 'win32'
    ? windowsFolder(environment, 'LOCALAPPDATA', 'Local')
    : join(folderOf(environment, 'XDG_STATE_HOME', join('.local', 'state')), 'catena');
}

function folderOf(environment: Environment, variable: string, below: string): string {
  const given = environment[variable];
  // The standard asks to ignore relative paths.
  return given !== undefined && isAbsolute(given) ? given : join(environment['HOME'] ?? homedir(), below);
}

function windowsFolder(environment: Environment, variable: string, below: string): string {
  const home = environment['USERPROFILE'] ?? homedir();
  return join(environment[variable] ?? join(home, 'AppData', below), 'catena');
}

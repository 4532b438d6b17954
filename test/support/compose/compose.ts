import { parse } from 'yaml';
import { textOf } from '../repository.js';

/** The parts of a compose service that tests look at. */
export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly dockerfile: string };
  readonly pull_policy?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, object>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly secrets?: readonly string[];
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly deploy?: {
    readonly resources: { readonly limits: { readonly cpus: string; readonly memory: string } };
  };
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const composeText = textOf('docker-compose.yml');

/** docker-compose.yml with its anchors and merges resolved. */
export const compose = parse(composeText, { merge: true }) as ComposeFile;

/** Variables the file takes from `.env`: name → whether it is required. */
export function substitutions(): ReadonlyMap<string, boolean> {
  return new Map(
    [...composeText.matchAll(/(?<!\$)\$\{([A-Z0-9_]+)(:\?|:-)/g)].map(([, name = '', kind]) => [
      name,
      kind === ':?',
    ]),
  );
}

/** A value as it is when `.env` sets nothing but what it must. */
export function withDefaults(value: string): string {
  const replaced = value
    .replace(/\$\{[A-Z0-9_]+:-([^${}]*)\}/g, '$1')
    .replace(/\$\{([A-Z0-9_]+):\?[^}]*\}/g, (_, name: string) => `/${name.toLowerCase()}`);
  return replaced === value ? value : withDefaults(replaced);
}

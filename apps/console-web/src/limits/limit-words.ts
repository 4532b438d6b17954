import { visible } from '../parts/visible.js';
import type { Texts } from '../texts/texts-en.js';

/** `write:lts`, `read:lts`, `global` or `perGroup` in words; what is of another form as it came. */
export function limitName({ limits: { names } }: Texts, name: string): string {
  if (name === 'global' || name === 'perGroup') return names[name];
  const [, direction, target = ''] = /^(write|read):(.+)$/s.exec(name) ?? [];
  if (direction === 'write' || direction === 'read') return names[direction](visible(target));
  return visible(name);
}

/** `all`, `target:NAME`, `route:NAME`, `group:NAME` or `job:ID` in words; what is of another form as it came. */
export function scopeText({ limits: { scopes, noGroup } }: Texts, scope: string): string {
  if (scope === 'all') return scopes.all;
  const [, kind, name = ''] = /^(target|route|group|job):(.*)$/s.exec(scope) ?? [];
  if (kind === 'target' || kind === 'route' || kind === 'job') return scopes[kind](visible(name));
  return kind === 'group' ? scopes.group(name === '' ? noGroup : visible(name)) : visible(scope);
}

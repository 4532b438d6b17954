import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Theme } from '#service-host';
import { citationStyles } from '../formats/citation.js';
import { script } from './script.js';
import { stylesheet } from './style.js';

export interface Asset {
  /** Name with a digest of the content: what is served under it never changes. */
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

export interface Assets {
  readonly style: Asset;
  readonly script: Asset;
  readonly icon: Asset;
  readonly logo?: Asset;
}

/** What pages need beside themselves, made once at the start. */
export function assetsFor(theme: Theme): Assets {
  // A radio button shows its style; every style is in the page.
  const styles = citationStyles.map((style) => `.cite:has(#cite-${style}:checked) .text.${style}`).join(',');
  return {
    style: asset(
      'site',
      'css',
      'text/css; charset=utf-8',
      `${stylesheet(theme.colour)}${styles}{display:block}\n`,
    ),
    script: asset('copy', 'js', 'text/javascript; charset=utf-8', script),
    icon: asset('icon', 'svg', 'image/svg+xml', iconOf(theme)),
    ...(theme.logoFile === undefined ? {} : { logo: logoFrom(theme.logoFile) }),
  };
}

function logoFrom(file: string): Asset {
  const svg = file.toLowerCase().endsWith('.svg');
  return asset('logo', svg ? 'svg' : 'png', svg ? 'image/svg+xml' : 'image/png', readFileSync(file));
}

function asset(stem: string, extension: string, type: string, content: string | Buffer): Asset {
  const bytes = Buffer.from(content);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return { name: `${stem}.${digest}.${extension}`, type, content: bytes };
}

function iconOf({ colour, name }: Theme): string {
  const letter = (/\p{L}/u.exec(name)?.[0] ?? 'O').toUpperCase();
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${colour}"/><text x="16" y="23" font-family="sans-serif" font-size="20" font-weight="700" text-anchor="middle" fill="#fff">${letter}</text></svg>`;
}

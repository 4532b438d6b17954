import type { Rights } from './resource.js';

/** SPDX id in lower case, full name, canonical address. */
const licences: readonly (readonly [string, string, string])[] = [
  ...['4.0', '3.0'].flatMap((version) =>
    (
      [
        ['by', 'Attribution'],
        ['by-sa', 'Attribution Share Alike'],
        ['by-nc', 'Attribution Non Commercial'],
        ['by-nd', 'Attribution No Derivatives'],
        ['by-nc-sa', 'Attribution Non Commercial Share Alike'],
        ['by-nc-nd', 'Attribution Non Commercial No Derivatives'],
      ] as const
    ).map(
      ([kind, name]) =>
        [
          `cc-${kind}-${version}`,
          `Creative Commons ${name} ${version} ${version === '4.0' ? 'International' : 'Unported'}`,
          `https://creativecommons.org/licenses/${kind}/${version}/`,
        ] as const,
    ),
  ),
  ['cc0-1.0', 'Creative Commons Zero v1.0 Universal', 'https://creativecommons.org/publicdomain/zero/1.0/'],
  [
    'odbl-1.0',
    'Open Data Commons Open Database License v1.0',
    'https://opendatacommons.org/licenses/odbl/1-0/',
  ],
  [
    'odc-by-1.0',
    'Open Data Commons Attribution License v1.0',
    'https://opendatacommons.org/licenses/by/1-0/',
  ],
  [
    'pddl-1.0',
    'Open Data Commons Public Domain Dedication & License 1.0',
    'https://opendatacommons.org/licenses/pddl/1-0/',
  ],
  ['mit', 'MIT License', 'https://opensource.org/license/mit'],
  ['apache-2.0', 'Apache License 2.0', 'https://www.apache.org/licenses/LICENSE-2.0'],
  ['bsd-3-clause', 'BSD 3-Clause "New" or "Revised" License', 'https://opensource.org/license/bsd-3-clause'],
  ['gpl-3.0-only', 'GNU General Public License v3.0 only', 'https://www.gnu.org/licenses/gpl-3.0.html'],
  [
    'gpl-3.0-or-later',
    'GNU General Public License v3.0 or later',
    'https://www.gnu.org/licenses/gpl-3.0.html',
  ],
];

/**
 * The licence that a text names: an SPDX id in any case (`CC-BY-4.0`, `CC BY 4.0`), a full name or a known address.
 * Undefined for what is not known here: it stays a text of the author.
 */
export function licenceOf(text: string): Rights | undefined {
  const wanted = text.trim().toLowerCase();
  const id = wanted.replace(/[\s_]+/g, '-').replace(/^(cc0)(-1\.0(-universal)?)?$/, 'cc0-1.0');
  const address = plain(wanted);
  const found = licences.find(
    ([spdx, name, uri]) =>
      spdx === id || name.toLowerCase() === wanted || plain(uri.toLowerCase()) === address,
  );
  if (found === undefined) return undefined;
  const [rightsIdentifier, rights, rightsUri] = found;
  return {
    rights,
    rightsUri,
    rightsIdentifier,
    rightsIdentifierScheme: 'SPDX',
    schemeUri: 'https://spdx.org/licenses/',
  };
}

function plain(address: string): string {
  return address
    .replace(/^https?:\/\/(www\.)?/, '')
    .replace(/\/?(deed|legalcode)(\.\w+)?$/, '')
    .replace(/\/+$/, '');
}

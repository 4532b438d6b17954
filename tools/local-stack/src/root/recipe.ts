import { createHash } from 'node:crypto';

/** What one Debian tree consists of. */
export interface Recipe {
  readonly revision: number;
  /** Debian's testing, because no stable release has DocumentDB yet. */
  readonly suite: string;
  readonly packages: readonly string[];
  /**
   * Dependencies that only maintainer scripts, interactive commands or features nobody uses here need; with them goes
   * whatever they alone would have brought. Regular expressions that match whole names.
   */
  readonly leftOut: readonly string[];
  /** Files that are not unpacked, as patterns of tar. */
  readonly unwanted: readonly string[];
  /** Links that maintainer scripts would have made (by way of alternatives): pattern of the target, name of the link. */
  readonly links: readonly (readonly [target: string, link: string])[];
  /** Files that maintainer scripts would have written. */
  readonly files: Readonly<Record<string, string>>;
  /** Folders of Python files to compile now: whoever runs them may not write there. */
  readonly pythonFolders: readonly string[];
  /** What the download and the tree take, for the announcement and to refuse a disk that is too full. */
  readonly megabytes: { readonly download: number; readonly tree: number };
}

export type RootName = 'services' | 'extras';

/** What every tree has: a shell, its tools, and `setpriv`, by which a program becomes its user. */
const BASE = [
  ...['base-files', 'coreutils', 'dash', 'findutils', 'grep', 'hostname', 'libc-bin', 'mawk', 'sed'],
  'util-linux',
];

const LEFT_OUT = [
  ...['adduser', 'debconf', 'init-system-helpers', 'login[.]defs', 'passwd', 'ucf'],
  ...['dbus.*', 'libpam-.*', 'systemd.*'],
  ...['ca-certificates', 'libc-gconv-modules-extra', 'libc-l10n', 'openssl', 'openssl-provider-legacy'],
  ...['procps', 'psmisc'],
];

const UNWANTED = [
  ...['doc', 'man', 'info', 'locale', 'lintian', 'bash-completion', 'bug'].map(
    (name) => `./usr/share/${name}`,
  ),
  './usr/include',
];

/** Any change of a recipe gives its tree a new name, so old and new ones never mix. */
export const RECIPES: Readonly<Record<RootName, Recipe>> = {
  services: {
    revision: 2,
    suite: 'forky',
    packages: [
      ...BASE,
      ...['postgresql-18', 'postgresql-18-documentdb', 'rabbitmq-server', 'memcached'],
      ...['swift-proxy', 'swift-account', 'swift-container', 'swift-object'],
      // Enters the tree where the kernel lets nobody make namespaces.
      'proot',
    ],
    leftOut: [
      ...LEFT_OUT,
      // PostGIS without raster and solid geometry: DocumentDB asks for neither.
      ...['libgdal[0-9]+', 'libsfcgal[0-9]+'],
      ...[
        'perl',
        'perl-base',
        'perl-modules.*',
        'libperl.*',
        'postgresql-common',
        'postgresql-client-common',
      ],
      ...['cron', 'dirmngr', 'gnupg', 'gpg', 'gpgsm', 'locales', 'logrotate', 'rsync', 'rsyslog', 'ssl-cert'],
      ...['fontconfig-config', 'fonts-.*', 'gettext', 'ieee-data', 'intltool-debian', 'po-debconf', 'wget'],
      ...['erlang-eunit', 'openstack-pkg-tools', 'python3-docutils', 'python3-psutil', 'python3-setuptools'],
      ...['rabbitmqadmin-ng', 'uwsgi.*'],
    ],
    unwanted: [...UNWANTED, './usr/lib/postgresql/*/lib/bitcode', './usr/share/postgresql/*/man'],
    links: [
      ['/usr/share/postgresql/18/extension/postgis*-3.control', 'postgis*.control'],
      ['/usr/bin/mawk', 'awk'],
    ],
    files: {},
    pythonFolders: ['/usr/lib/python3', '/usr/lib/python3.14'],
    megabytes: { download: 131, tree: 390 },
  },
  extras: {
    revision: 5,
    suite: 'forky',
    packages: [
      ...BASE,
      // The directory of the sign-in tests.
      'slapd',
      // The browser of the page tests, with one font of many scripts.
      ...['chromium', 'fonts-dejavu-core'],
      // A harvester that others wrote (the command `oai_pmh`).
      'libhttp-oai-perl',
      // The parser of docker-compose.yml: it reads the file without an engine.
      'docker-compose',
      // What the example of an outside worker needs.
      'python3-pika',
      // `promtool`, which checks and tests the alerts of docker/observability.
      'prometheus',
    ],
    leftOut: [
      ...LEFT_OUT,
      ...['libllvm.*', 'libz3-4', 'mesa-libgallium', 'libgtk-3-0t64', 'glycin-.*', 'libglycin-.*'],
      ...['adwaita-icon-theme', 'gsettings-desktop-schemas', 'shared-mime-info', 'x11-utils', 'xdg-utils'],
      // Of prometheus only promtool is needed.
      ...['prometheus-node-exporter.*', 'libjs-.*', 'adduser', 'tzdata'],
    ],
    unwanted: [
      ...UNWANTED,
      ...['./usr/lib/chromium/libVkLayer_*', './usr/lib/chromium/locales/[!e]*'],
      ...['./usr/bin/prometheus', './usr/share/prometheus'],
    ],
    links: [['/usr/bin/mawk', 'awk']],
    files: {
      // Without it the harvester reads XML with Perl alone, many times slower. The last one named is taken.
      'etc/perl/XML/SAX/ParserDetails.ini': [
        'XML::SAX::PurePerl',
        'XML::LibXML::SAX',
        'XML::LibXML::SAX::Parser',
      ]
        .map((name) => `[${name}]\nhttp://xml.org/sax/features/namespaces = 1\n`)
        .join('\n'),
    },
    pythonFolders: ['/usr/lib/python3', '/usr/lib/python3.14'],
    megabytes: { download: 201, tree: 670 },
  },
};

/** Folder inside a tree at which a data directory is mounted. */
export const DATA_MOUNT_POINT = '/srv';

/** The folder of a tree: its name, its suite, and a hash of all that it is made of. */
export function rootFolder(name: RootName, architecture: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify({ ...RECIPES[name], architecture }))
    .digest('hex');
  return `${name}-${RECIPES[name].suite}-${hash.slice(0, 12)}`;
}

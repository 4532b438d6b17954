import type { StackSettings } from '../settings.js';
import { inside } from './home.js';

/** The parts of the proxy that requests pass, in order. Versioning needs symlink; multipart uploads need slo. */
const PIPELINE = [
  'catch_errors',
  'gatekeeper',
  'cache',
  'listing_formats',
  'bulk',
  's3api',
  'tempauth',
  'copy',
  'slo',
  'dlo',
  'versioned_writes',
  'symlink',
  'proxy-server',
];

const PLAIN_FILTERS = ['catch_errors', 'gatekeeper', 'listing_formats', 'bulk', 'copy', 'dlo', 'symlink'];

export function swiftConfiguration(s3: StackSettings['s3']): string {
  return `[swift-hash]
swift_hash_path_prefix = ${s3.hashPrefix}
swift_hash_path_suffix = ${s3.hashSuffix}
[storage-policy:0]
name = gold
default = yes
[swift-constraints]
max_header_size = 16384
`;
}

/** \`workers = 0\` is one process per server: half the memory and no slower here. */
function defaults(port: number): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = catena
swift_dir = ${inside('swift/etc')}
log_address = /dev/null
log_level = ERROR
workers = 0
`;
}

export function backendConfiguration(name: string, port: number): string {
  return `${defaults(port)}devices = ${inside('swift/data')}
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
[pipeline:main]
pipeline = ${name}-server
[app:${name}-server]
use = egg:swift#${name}
`;
}

/** Somebody with a key, who reaches only what containers say. */
export interface StorageUser {
  readonly name: string;
  readonly secret: string;
}

export function proxyConfiguration(
  { ports, s3 }: StackSettings,
  account: string,
  region: string,
  users: readonly StorageUser[],
): string {
  const plain = PLAIN_FILTERS.map((name) => `[filter:${name}]\nuse = egg:swift#${name}\n`).join('');
  return `${defaults(ports.s3)}[pipeline:main]
pipeline = ${PIPELINE.join(' ')}
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
${plain}[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${ports.memcached}
[filter:tempauth]
use = egg:swift#tempauth
user_${account}_${account} = ${s3.secret} .admin
${users.map(({ name, secret }) => `user_${account}_${name} = ${secret}\n`).join('')}[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
[filter:s3api]
use = egg:swift#s3api
location = ${region}
s3_acl = false
min_segment_size = 1
max_upload_part_num = 10000
[filter:slo]
use = egg:swift#slo
max_manifest_segments = 10000
`;
}

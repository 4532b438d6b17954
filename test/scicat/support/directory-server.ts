import { setTimeout as sleep } from 'node:timers/promises';
import { Attribute, Change, Client } from 'ldapts';
import {
  inside,
  runInside,
  sandboxedProcess,
  serviceFile,
  serviceFolder,
} from '../../../tools/local-stack/src/services/home.js';
import type { Certificate } from '../../support/certificates.js';
import { debianHome } from '../../support/debian-home.js';

const suffix = 'dc=facility,dc=example';
const manager = { dn: `cn=manager,${suffix}`, password: 'the manager of the test' };

interface DirectoryPerson {
  readonly uid: string;
  readonly displayName: string;
  readonly mail: string;
  readonly password: string;
}

/** By `member` (names of entries) and by `memberUid`. */
export interface DirectoryGroup {
  readonly cn: string;
  /** Values of `uid`. */
  readonly people: readonly string[];
}

export interface DirectoryOptions {
  readonly groups?: readonly DirectoryGroup[];
  /** Then the directory takes passwords over TLS only. */
  readonly certificate?: Certificate;
}

/** A real slapd in the Debian root of the local stack, with people of the test's choice. */
export class DirectoryServer {
  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
    private readonly certificate: Certificate | undefined,
  ) {}

  /** Settings of the app that uses this directory. */
  get environment(): Record<string, string> {
    return {
      LDAP_URL: this.url,
      LDAP_BIND_DN: manager.dn,
      LDAP_BIND_CREDENTIALS: manager.password,
      LDAP_SEARCH_BASE: `ou=people,${suffix}`,
      LDAP_SEARCH_FILTER: '(|(uid={{username}})(mail={{username}}))',
    };
  }

  /** Settings that take groups from it, by the name of the person's entry. */
  get groupEnvironment(): Record<string, string> {
    return { LDAP_GROUP_SEARCH_BASE: `ou=groups,${suffix}`, LDAP_GROUP_SEARCH_FILTER: '(member={{dn}})' };
  }

  /** Puts people into a group, and all others out of it. */
  async change({ cn, people }: DirectoryGroup): Promise<void> {
    await asManager(this.url, this.certificate, (client) => {
      const modification = new Attribute({ type: 'member', values: people.map(entryOf) });
      return client.modify(
        `cn=${cn},ou=groups,${suffix}`,
        new Change({ operation: 'replace', modification }),
      );
    });
  }

  static async start(
    people: readonly DirectoryPerson[],
    { groups = [], certificate }: DirectoryOptions = {},
  ): Promise<DirectoryServer> {
    const home = await debianHome('directory');
    serviceFolder(home, 'slapd/db');
    serviceFolder(home, 'slapd');
    serviceFile(home, 'slapd/slapd.conf', configuration(certificate !== undefined));
    serviceFile(home, 'slapd/people.ldif', [ldifOf(people), ...groups.map(ldifOfGroup)].join(''));
    serviceFile(home, 'slapd/key.pem', certificate?.key ?? '');
    serviceFile(home, 'slapd/certificate.pem', certificate?.certificate ?? '');
    const slapd = '/usr/sbin/slapd';
    const file = inside('slapd/slapd.conf');
    await runInside(home, [slapd, '-T', 'add', '-f', file, '-l', inside('slapd/people.ldif')]);
    const url = `ldap://127.0.0.1:${home.port}`;
    const server = sandboxedProcess(home, 'slapd', 'SIGTERM', [slapd, '-d', '0', '-h', url, '-f', file]);
    await server.start();
    const stop = async (): Promise<void> => {
      await server.stop();
      await home.remove();
    };
    await untilItAnswers(url, certificate).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return new DirectoryServer(url, stop, certificate);
  }
}

function configuration(withTls: boolean): string {
  const tls = `
TLSCertificateFile ${inside('slapd/certificate.pem')}
TLSCertificateKeyFile ${inside('slapd/key.pem')}
security simple_bind=64
`;
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${inside('slapd/slapd.pid')}
${withTls ? tls : ''}
database mdb
maxsize 10485760
suffix "${suffix}"
rootdn "${manager.dn}"
rootpw "${manager.password}"
directory ${inside('slapd/db')}
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`;
}

function ldifOf(people: readonly DirectoryPerson[]): string {
  const base = `dn: ${suffix}
objectClass: dcObject
objectClass: organization
dc: facility
o: Facility

dn: ou=people,${suffix}
objectClass: organizationalUnit
ou: people

dn: ou=groups,${suffix}
objectClass: organizationalUnit
ou: groups
`;
  const entries = people.map(
    ({ uid, displayName, mail, password }) => `
dn: uid=${uid},ou=people,${suffix}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${displayName}
sn: ${displayName}
displayName: ${displayName}
mail: ${mail}
userPassword: ${password}
`,
  );
  return [base, ...entries].join('');
}

function entryOf(uid: string): string {
  return `uid=${uid},ou=people,${suffix}`;
}

function ldifOfGroup({ cn, people }: DirectoryGroup): string {
  const members = people.map((uid) => `member: ${entryOf(uid)}`);
  // The schema of Unix knows no other names.
  const ascii = people.filter((uid) => /^\w+$/.test(uid));
  return `
dn: cn=${cn},ou=groups,${suffix}
objectClass: groupOfNames
cn: ${cn}
${members.join('\n')}

dn: cn=unix-${cn},ou=groups,${suffix}
objectClass: posixGroup
cn: unix-${cn}
gidNumber: 1000
${ascii.map((uid) => `memberUid: ${uid}`).join('\n')}
`;
}

async function asManager(
  url: string,
  certificate: Certificate | undefined,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({ url, connectTimeout: 1000 });
  try {
    if (certificate !== undefined) await client.startTLS({ ca: certificate.certificate, host: '127.0.0.1' });
    await client.bind(manager.dn, manager.password);
    await work(client);
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

async function untilItAnswers(url: string, certificate: Certificate | undefined): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await asManager(url, certificate, () => Promise.resolve());
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    }
  }
}

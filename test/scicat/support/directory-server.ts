import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'ldapts';
import {
  inside,
  runInside,
  sandboxedProcess,
  serviceFile,
  serviceFolder,
} from '../../../tools/local-stack/src/services/home.js';
import { debianHome } from '../../support/debian-home.js';

const suffix = 'dc=facility,dc=example';
const manager = { dn: `cn=manager,${suffix}`, password: 'the manager of the test' };

interface DirectoryPerson {
  readonly uid: string;
  readonly displayName: string;
  readonly mail: string;
  readonly password: string;
}

/** A real slapd in the Debian root of the local stack, with people of the test's choice. */
export class DirectoryServer {
  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
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

  static async start(people: readonly DirectoryPerson[]): Promise<DirectoryServer> {
    const home = await debianHome('directory');
    serviceFolder(home, 'slapd/db');
    serviceFolder(home, 'slapd');
    serviceFile(home, 'slapd/slapd.conf', configuration());
    serviceFile(home, 'slapd/people.ldif', ldifOf(people));
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
    await untilItAnswers(url).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return new DirectoryServer(url, stop);
  }
}

function configuration(): string {
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${inside('slapd/slapd.pid')}
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

async function untilItAnswers(url: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const client = new Client({ url, connectTimeout: 1000 });
    try {
      await client.bind(manager.dn, manager.password);
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }
}

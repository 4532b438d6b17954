import { Inject, Injectable } from '@nestjs/common';
import { Client, ResultCodeError, type Entry } from 'ldapts';
import { messageOf, TransientError } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { Refusal } from '../domain/errors.js';
import type { LdapConfig } from '../identity.config.js';
import type { ExternalPerson } from '../accounts/sign-in-accounts.js';

const attributes = ['displayName', 'cn', 'mail', 'sAMAccountName', 'uid', 'thumbnailPhoto', 'jpegPhoto'];

/** Asks an LDAP or Active Directory server whether a password is right, and who the person is. */
@Injectable()
export class LdapDirectory {
  constructor(@Inject(ConfigToken) private readonly config: CatalogApiConfig) {}

  /**
   * Undefined when the name or the password is wrong.
   *
   * @throws Refusal 503 when no directory is configured
   * @throws TransientError `catalog.directory-away` when it cannot be asked
   */
  async signIn(username: string, password: string): Promise<ExternalPerson | undefined> {
    const { ldap } = this.config.identity;
    if (ldap === undefined)
      throw new Refusal(404, 'This installation has no directory: an operator sets LDAP_URL.');
    // LDAP takes a bind without password as anonymous and says yes.
    if (username === '' || password === '') return undefined;
    try {
      const entry = await this.entryOf(ldap, username);
      if (entry === undefined || !(await this.binds(ldap, entry.dn, password))) return undefined;
      return personOf(entry, username);
    } catch (error) {
      throw new TransientError(
        'catalog.directory-away',
        `Expected an answer of the directory ${ldap.url}, found: ${messageOf(error)}. Look at LDAP_URL, LDAP_BIND_DN and LDAP_SEARCH_BASE.`,
        { cause: error },
      );
    }
  }

  private entryOf(ldap: LdapConfig, username: string): Promise<Entry | undefined> {
    return this.connected(ldap, async (client) => {
      if (ldap.bindDn !== '') await client.bind(ldap.bindDn, ldap.bindCredentials);
      const { searchEntries } = await client.search(ldap.searchBase, {
        scope: 'sub',
        filter: ldap.searchFilter.replaceAll('{{username}}', () => escapeFilter(username)),
        attributes,
        explicitBufferAttributes: ['thumbnailPhoto', 'jpegPhoto'],
      });
      // Two people under one name: nobody can say whose password this is.
      return searchEntries.length === 1 ? searchEntries[0] : undefined;
    });
  }

  private binds(ldap: LdapConfig, dn: string, password: string): Promise<boolean> {
    return this.connected(ldap, async (client) => {
      try {
        await client.bind(dn, password);
        return true;
      } catch (error) {
        // Wrong password, locked, expired: the server has answered, and it was no.
        if (error instanceof ResultCodeError) return false;
        throw error;
      }
    });
  }

  private async connected<T>({ url }: LdapConfig, work: (client: Client) => Promise<T>): Promise<T> {
    const { timeout } = this.config.edge.http;
    const client = new Client({ url, timeout, connectTimeout: timeout });
    try {
      return await work(client);
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }
}

/** The characters that mean something in a search filter (RFC 4515): what a user typed never becomes part of it. */
export function escapeFilter(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const isPlain = byte > 0x1f && byte < 0x7f && !'\\*()'.includes(String.fromCharCode(byte));
      return isPlain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function personOf(entry: Entry, username: string): ExternalPerson {
  const displayName = first(entry, 'displayName') ?? first(entry, 'cn') ?? username;
  const photo = [entry['thumbnailPhoto'], entry['jpegPhoto']].flat().find(Buffer.isBuffer);
  return {
    authStrategy: 'ldap',
    provider: 'ldap',
    externalId: first(entry, 'sAMAccountName') ?? first(entry, 'uid') ?? entry.dn,
    username: displayName,
    displayName,
    email: first(entry, 'mail') ?? '',
    emailVerified: true,
    ...(photo === undefined || photo.length === 0
      ? {}
      : { thumbnailPhoto: `data:image/jpeg;base64,${photo.toString('base64')}` }),
  };
}

function first(entry: Entry, name: string): string | undefined {
  const value = [entry[name]].flat().find((item) => typeof item === 'string' && item !== '');
  return typeof value === 'string' ? value : undefined;
}

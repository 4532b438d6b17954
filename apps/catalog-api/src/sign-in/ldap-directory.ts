import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { Client, ResultCodeError, type Entry } from 'ldapts';
import { messageOf, TransientError } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { Refusal } from '../domain/errors.js';
import type { LdapConfig, LdapGroupsConfig } from '../identity.config.js';
import type { ExternalPerson } from '../accounts/sign-in-accounts.js';
import { startTls } from './start-tls.js';

const attributes = ['displayName', 'cn', 'mail', 'sAMAccountName', 'uid', 'thumbnailPhoto', 'jpegPhoto'];

/** Asks an LDAP or Active Directory server whether a password is right, who the person is and in which groups. */
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
      const person = personOf(entry, username);
      if (ldap.groups === undefined) return person;
      return { ...person, groups: await this.groupsOf(ldap, ldap.groups, entry, person.externalId) };
    } catch (error) {
      throw new TransientError(
        'catalog.directory-away',
        `Expected an answer of the directory ${ldap.url}, found: ${messageOf(error)}. Look at LDAP_URL, LDAP_STARTTLS, LDAP_CA_FILE, LDAP_BIND_DN, LDAP_SEARCH_BASE and LDAP_GROUP_SEARCH_BASE.`,
        { cause: error },
      );
    }
  }

  private entryOf(ldap: LdapConfig, username: string): Promise<Entry | undefined> {
    return this.searching(ldap, async (client) => {
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

  /**
   * Names of the groups that the directory says the person is in, by what the directory calls the person: what was typed may
   * have been an address, which people often may change themselves.
   */
  private groupsOf(
    ldap: LdapConfig,
    { searchBase, searchFilter, attribute }: LdapGroupsConfig,
    { dn }: Entry,
    username: string,
  ): Promise<string[]> {
    const values: Readonly<Record<string, string>> = { dn, username };
    const filter = searchFilter.replaceAll(/\{\{(dn|username)\}\}/g, (_, name: string) =>
      escapeFilter(values[name] ?? ''),
    );
    return this.searching(ldap, async (client) => {
      const { searchEntries } = await client.search(searchBase, {
        scope: 'sub',
        filter,
        attributes: [attribute],
      });
      return searchEntries.flatMap((entry) => textsOf(entry, attribute));
    });
  }

  /** Work as the account that searches. */
  private searching<T>(ldap: LdapConfig, work: (client: Client) => Promise<T>): Promise<T> {
    return this.connected(ldap, async (client) => {
      if (ldap.bindDn !== '') await client.bind(ldap.bindDn, ldap.bindCredentials);
      return work(client);
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

  private async connected<T>(ldap: LdapConfig, work: (client: Client) => Promise<T>): Promise<T> {
    const { timeout } = this.config.edge.http;
    const client = await this.clientFor(ldap, timeout);
    try {
      return await work(client);
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }

  /** Before anything else: a directory that will not encrypt hears neither names nor passwords. */
  private async clientFor(ldap: LdapConfig, timeout: number): Promise<Client> {
    const tlsOptions = tlsOptionsOf(ldap);
    const { hostname, port } = new URL(ldap.url);
    const patience = { timeout, connectTimeout: timeout };
    // With options for TLS the client speaks it from the start, whatever the address says.
    if (ldap.url.startsWith('ldaps://')) return new Client({ url: ldap.url, ...patience, tlsOptions });
    if (!ldap.startsTls) return new Client({ url: ldap.url, ...patience });
    const host = hostOf(ldap);
    const socket = await startTls({ host, port: Number(port || 389), tlsOptions, timeout });
    return new Client({ url: `ldaps://${hostname}`, ...patience, createSecureConnection: () => socket });
  }
}

/** Addresses of IPv6 stand in brackets in a URL, and nowhere else. */
function hostOf({ url }: LdapConfig): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

/** With the host's name, which the certificate has to carry; an address is no server name. */
function tlsOptionsOf(ldap: LdapConfig): ConnectionOptions {
  const host = hostOf(ldap);
  const { authorities } = ldap;
  return {
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(authorities === undefined ? {} : { ca: authorities }),
  };
}

/**
 * The characters that mean something in a search filter (RFC 4515): a name never becomes part of it. Letters beyond ASCII stay
 * as they are, which the RFC allows: the client takes the escape of a byte for a character.
 */
export function escapeFilter(text: string): string {
  return text.replace(/[\\*()\u0000-\u001f\u007f]/g, (character) => {
    return `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
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
  return textsOf(entry, name)[0];
}

/** Directories name an attribute as they spell it, whatever was asked for. */
function textsOf(entry: Entry, name: string): string[] {
  const spelled = Object.keys(entry).find((found) => found.toLowerCase() === name.toLowerCase());
  return [spelled === undefined ? [] : entry[spelled]]
    .flat()
    .filter((item): item is string => typeof item === 'string' && item !== '');
}

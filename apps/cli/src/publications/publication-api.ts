import type { HttpClient } from '../server/http-client.js';

type Fields = Record<string, unknown>;

/** Where a publication stands, as `GET publisheddata/<doi>/publication` tells. */
export interface PublicationStatus {
  readonly doi: string;
  readonly status: string;
  readonly version: number;
  readonly doiState?: string;
  readonly landingPage?: string;
  readonly embargoUntil?: string;
  readonly withdrawal?: { readonly at: string; readonly reason: string };
  readonly registration?: {
    readonly state: 'pending' | 'confirmed' | 'refused';
    readonly step?: string;
    readonly attempts?: number;
    readonly message?: string;
    readonly problems?: readonly { readonly field: string; readonly reason: string }[];
  };
}

const pathOf = (doi: string): string => `/api/v4/publisheddata/${encodeURIComponent(doi)}`;

/** What the catalogue suggests for a publication of these datasets. */
export function suggestionFor(
  client: HttpClient,
  pids: readonly string[],
): Promise<{ title?: string; abstract?: string; metadata?: Fields }> {
  const query = pids.map((pid) => `pid=${encodeURIComponent(pid)}`).join('&');
  return client.get(`/api/v4/publisheddata/formpopulate?${query}`);
}

export async function createPublication(client: HttpClient, record: Fields): Promise<string> {
  return (await client.post<{ doi: string }>('/api/v4/publisheddata', record)).doi;
}

/** Safe to repeat: the same record is registered once. */
export async function register(client: HttpClient, doi: string): Promise<void> {
  await client.post(`${pathOf(doi)}/register`, undefined, { repeatable: true });
}

export async function withdraw(client: HttpClient, doi: string, body: Fields): Promise<void> {
  await client.post(`${pathOf(doi)}/withdraw`, body);
}

export function statusOf(client: HttpClient, doi: string): Promise<PublicationStatus> {
  return client.get(`${pathOf(doi)}/publication`);
}

import { createHash, randomUUID } from 'node:crypto';

/** A fresh random id (UUID version 4). */
export function newId(): string {
  return randomUUID();
}

/** The same id for the same name, always: a UUID (version 8) from SHA-256. Makes repeated writes land on the same record. */
export function idFromName(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

import { hostname } from 'node:os';

/** This process, as `GET operations/app` names it: how workers are told from each other. */
export function ownInstance(): string {
  return `${hostname()}:${process.pid}`;
}

import type { ManagedProcess } from '../process/managed-process.js';
import type { Entrance } from '../process/sandbox.js';
import type { StackSettings } from '../settings.js';

export const SERVICE_NAMES = ['mongodb', 'rabbitmq', 's3'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** What a service is given to live with. */
export interface ServiceHome {
  readonly settings: StackSettings;
  /** The Debian root on this machine. */
  readonly root: string;
  /** How programs enter it here. */
  readonly entrance: Entrance;
  /** The stack's data directory on this machine; inside the root it is mounted at `DATA_MOUNT_POINT`. */
  readonly dataDirectory: string;
  readonly log: (line: string) => void;
}

/** How one kind of service is prepared, run and reached; the life cycle is the same for all. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  /** Makes what the first start needs (idempotent) and writes the configuration (every time). */
  prepare(): Promise<void>;
  /** In the order in which they start; they stop in the opposite order. */
  readonly processes: readonly ManagedProcess[];
  /** Called after the first process runs and before the others start. */
  initialise?(): Promise<void>;
  /** Does what a client does first; throws while the service is not ready. */
  probe(): Promise<void>;
  /** The port clients connect to. */
  readonly port: number;
  /** How clients reach it. */
  readonly environment: Readonly<Record<string, string>>;
}

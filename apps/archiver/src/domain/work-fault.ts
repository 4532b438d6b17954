import type { FaultKind } from '#contracts';

/** Why the last try of some work failed, or what it waited for: kept through the next try. */
export interface WorkFault {
  readonly code: string;
  readonly message: string;
  readonly at: Date;
  /** Whose fault it is. */
  readonly fault: FaultKind;
  /** Where it was, and what was lacking there, as far as the error said so. */
  readonly details?: FaultDetails;
}

export interface FaultDetails {
  /** The name of a target. */
  readonly share?: string;
  readonly freeBytes?: number;
  readonly neededBytes?: number;
}

/** Characters of a message that are kept. */
export const maxFaultText = 2000;

/** Of what storages and use cases say beside the words of an error. */
export function detailsIn(said: Readonly<Record<string, unknown>>): FaultDetails {
  const share = [said['storage'], said['share'], said['target']].find((one) => typeof one === 'string');
  const [free, bytes, reserve] = [said['free'], said['bytes'], said['reserve']];
  return {
    ...(typeof share === 'string' ? { share: share.slice(0, 200) } : {}),
    ...(typeof free === 'number' ? { freeBytes: free } : {}),
    ...(typeof bytes === 'number' && typeof free === 'number'
      ? { neededBytes: bytes + (typeof reserve === 'number' ? reserve : 0) }
      : {}),
  };
}

import { CallFault } from '../calls/call.js';
import type { Texts } from '../texts/texts-en.js';

/** What stands above a fault: that nothing was done only where that is known. */
export function faultTitle(t: Texts, fault: unknown): string {
  if (!(fault instanceof CallFault) || fault.status !== 409) return t.act.failed;
  return fault.isOpen ? t.act.underWay : t.act.changed;
}

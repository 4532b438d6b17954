import type { Check } from '../check.js';
import { copyChecks } from './copies.js';
import { disturbanceChecks } from './disturbances.js';
import { linkChecks } from './links.js';
import { repeatChecks } from './repeats.js';
import { workChecks } from './work.js';

/** In the order in which they are run: what may end a worker comes last. */
export const checks: readonly Check[] = [
  ...copyChecks,
  ...repeatChecks,
  ...workChecks,
  ...linkChecks,
  ...disturbanceChecks,
];

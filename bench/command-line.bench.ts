import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How long `catena --help` takes, beside a Node that does nothing: what a person waits for at every Tab and every typing error. */
const main = fileURLToPath(new URL('../apps/cli/src/main.js', import.meta.url));
const runs = 15;

/** The quickest of some runs, in milliseconds: whatever else the machine does only adds. */
function quickest(...parameters: string[]): number {
  const times = Array.from({ length: runs }, () => {
    const began = performance.now();
    spawnSync(process.execPath, parameters, { stdio: 'ignore' });
    return performance.now() - began;
  });
  return Math.min(...times);
}

const nothing = quickest('-e', '0');
const help = quickest(main, '--help');
console.log(`node -e 0      ${nothing.toFixed(0)} ms`);
console.log(`catena --help  ${help.toFixed(0)} ms (${(help - nothing).toFixed(0)} ms of its own)`);

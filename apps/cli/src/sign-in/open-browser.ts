import { spawn } from 'node:child_process';

/** How each system opens an address, without a shell that would read the address as its own. */
const openers: Readonly<Record<string, readonly [program: string, ...parameters: string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Opens the person's browser, or BROWSER. Where there is none, the address on the terminal has to do. */
export function openBrowser(
  address: string,
  environment: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
): void {
  const own = environment['BROWSER'];
  const [program, ...parameters] =
    own === undefined || own === '' ? (openers[platform] ?? ['xdg-open']) : [own];
  const child = spawn(program, [...parameters, address], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

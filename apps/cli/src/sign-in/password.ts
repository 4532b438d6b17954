import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline/promises';
import { Failure } from '#command-line';

/** From standard input when asked to, else CATENA_PASSWORD, else the terminal without echo. Never from the command line, where others see it. */
export async function passwordFrom(
  environment: Readonly<Record<string, string | undefined>>,
  fromInput: boolean,
): Promise<string> {
  if (fromInput) return (await text(process.stdin)).replace(/\r?\n$/, '');
  const given = environment['CATENA_PASSWORD'];
  if (given !== undefined) return given;
  if (!process.stdin.isTTY)
    throw new Failure(
      'usage',
      'Expected a password, and there is no terminal to ask for it. Use --password-stdin or CATENA_PASSWORD.',
    );
  return hiddenLine('Password: ');
}

export async function askUsername(): Promise<string> {
  if (!process.stdin.isTTY)
    throw new Failure(
      'usage',
      'Expected --username (or CATENA_USERNAME): there is no terminal to ask for it.',
    );
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const name = await reader.question('Username: ');
  reader.close();
  return name.trim();
}

/** Reads a line in raw mode, so that the terminal shows none of it. */
function hiddenLine(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let line = '';
    const end = (settle: () => void): void => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      settle();
    };
    const onData = (characters: string): void => {
      for (const character of characters) {
        if (character === '\r' || character === '\n' || character === '\u0004')
          return end(() => resolve(line));
        if (character === '\u0003')
          return end(() => reject(new Failure('interrupted', 'Interrupted: not signed in.')));
        line = character === '\u007f' || character === '\b' ? line.slice(0, -1) : line + character;
      }
    };
    stdin.on('data', onData);
  });
}

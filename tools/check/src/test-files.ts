import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from './arguments.js';

const SOURCE_FOLDERS = ['apps', 'bench', 'docs/model', 'libs', 'test', 'tools'];

/**
 * The test files of one part, as paths of their sources. Sources decide, not the build: a file that was deleted or
 * renamed leaves its compiled twin behind.
 */
export function testFiles(project: string, part: Part, grep: string): string[] {
  return SOURCE_FOLDERS.flatMap((folder) => typescriptFiles(project, folder))
    .filter((file) => partOf(file) === part && file.includes(grep))
    .sort();
}

export function compiled(project: string, source: string): string {
  return join(project, 'dist', source.replace(/[.]tsx?$/, '.js'));
}

function partOf(file: string): Part | undefined {
  if (file.endsWith('.e2e.spec.ts')) return 'flows';
  if (file.endsWith('.int.spec.ts')) return 'int';
  return /[.]spec[.]tsx?$/.test(file) ? 'unit' : undefined;
}

function typescriptFiles(project: string, folder: string): string[] {
  try {
    const entries = readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' });
    return entries.filter((entry) => /[.]tsx?$/.test(entry)).map((entry) => join(folder, entry));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

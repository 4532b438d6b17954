/** A commit, as `git log` tells it. */
export interface Commit {
  readonly hash: string;
  readonly subject: string;
}

/** What came with a version; `undefined` is what no version has yet. */
export interface Release {
  readonly version: string | undefined;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly commits: readonly Commit[];
}

interface Change {
  readonly kind: string;
  readonly scope: string;
  readonly isBreaking: boolean;
  readonly text: string;
  readonly hash: string;
}

/** What users notice; the rest is in the history. */
const headings = [
  ['feat', 'New'],
  ['fix', 'Mended'],
  ['perf', 'Faster'],
] as const;

const preface = `# Changelog

Made from the commits by \`npm run changelog\`: a version has what was committed since the one before it. What an upgrade asks
for is in [docs/operations.md](docs/operations.md#upgrades).
`;

/** The page, newest version first. */
export function changelogOf(releases: readonly Release[]): string {
  const parts = releases
    .filter(({ commits }) => commits.some((commit) => changeOf(commit) !== undefined))
    .map(releaseText);
  return [preface, ...parts].join('\n');
}

function releaseText({ version, date, commits }: Release): string {
  const changes = commits.map(changeOf).filter((change) => change !== undefined);
  const breaking = changes.filter(({ isBreaking }) => isBreaking);
  const parts = headings.map(([kind, heading]): [string, Change[]] => [
    heading,
    changes.filter((change) => change.kind === kind && !change.isBreaking),
  ]);
  const title = version === undefined ? '## Not released yet' : `## ${version} (${date})`;
  return [
    title,
    ...[['Asks for something', breaking] as [string, Change[]], ...parts]
      .filter(([, found]) => found.length > 0)
      .map(([heading, found]) => `### ${heading}\n\n${found.map(line).join('\n')}`),
  ]
    .join('\n\n')
    .concat('\n');
}

function line({ scope, text, hash }: Change): string {
  return `- ${scope === '' ? '' : `**${scope}:** `}${escaped(text)} (${hash})`;
}

/** Conventional commits say what they are; others are no news to users. */
function changeOf({ hash, subject }: Commit): Change | undefined {
  const match = /^(\w+)(?:\(([^)]+)\))?(!)?: (.+)$/.exec(subject);
  if (match === null) return undefined;
  const [, kind = '', scope = '', mark, text = ''] = match;
  const isBreaking = mark === '!';
  if (!isBreaking && !headings.some(([known]) => known === kind)) return undefined;
  return { kind, scope, isBreaking, text, hash };
}

/** Names with stars and angles are words here, no markup. */
function escaped(text: string): string {
  return text.replace(/[*_<>[\]\\]/g, '\\$&');
}

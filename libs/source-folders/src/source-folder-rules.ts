/** Whose a dataset is, as far as rules ask. */
export interface Ownership {
  readonly ownerGroup: string;
  /** Only proposals that belong to the owner group: anybody may write any proposal into a dataset. */
  readonly proposalIds: readonly string[];
  readonly instrumentIds: readonly string[];
}

/** The names of the accounts that own a folder on the file system. */
export interface FolderOwners {
  readonly user: string | undefined;
  readonly group: string | undefined;
}

/** One entry of SOURCE_FOLDERS_FILE. */
export interface FolderRule {
  /** Absolute path, without a slash at its end. */
  readonly root: string;
  /** Segments below the root; the folder or one above it must match all of them. Empty: any folder below the root. */
  readonly pattern: readonly string[];
  /** Whether the folder must belong to the owner group on the file system. */
  readonly ownerOnDisk: boolean;
  /** A file below the root that is there only while it is mounted. */
  readonly marker?: string;
}

const placeholder = /\{(ownerGroup|proposalId|instrumentId)\}/;

/** Which folders datasets may be read from, and by whom. Without an entry nobody has anything read. */
export class SourceFolderRules {
  /** @param uncovered roots that are mounted but have no rule: folders below them are refused, not looked for elsewhere */
  constructor(
    readonly rules: readonly FolderRule[],
    private readonly uncovered: readonly string[] = [],
  ) {}

  get roots(): readonly string[] {
    return [...new Set([...this.rules.map(({ root }) => root), ...this.uncovered])];
  }

  /** The entries whose root a folder lies below. */
  above(folder: string): readonly FolderRule[] {
    return this.rules.filter(({ root }) => segmentsBelow(folder, root) !== undefined);
  }

  /** The same rules for paths whose links are resolved. */
  async withRealRoots(resolve: (root: string) => Promise<string>): Promise<SourceFolderRules> {
    const rules = await Promise.all(
      this.rules.map(async (rule) => ({ ...rule, root: await resolve(rule.root) })),
    );
    return new SourceFolderRules(rules);
  }

  /** Whether files of such a dataset lie in its folder, and not in the landing zone. */
  covers(folder: string): boolean {
    return this.roots.some((root) => segmentsBelow(folder, root) !== undefined);
  }

  /** Whether a rule may ask for it: who asks the catalogue for nothing else can save the question. */
  get asksForProposals(): boolean {
    return this.rules.some(({ pattern }) => pattern.some((segment) => segment.includes('{proposalId}')));
  }

  /** Whether a rule may ask for the folder's owner on the file system. */
  get asksForOwners(): boolean {
    return this.rules.some(({ ownerOnDisk }) => ownerOnDisk);
  }

  /**
   * Why a dataset may not be read from a folder, for people; undefined if it may.
   *
   * @param owners who owns the folder on the file system; undefined where nobody can look: such rules then count as kept
   */
  refusal(folder: string, dataset: Ownership, owners?: FolderOwners): string | undefined {
    const near = this.above(folder);
    if (near.length === 0) return `no entry of SOURCE_FOLDERS_FILE has a root above it`;
    const complaints = near.map((rule) => complaintOf(rule, folder, dataset, owners));
    return complaints.includes(undefined) ? undefined : complaints.join('; ');
  }
}

function complaintOf(
  { root, pattern, ownerOnDisk }: FolderRule,
  folder: string,
  dataset: Ownership,
  owners: FolderOwners | undefined,
): string | undefined {
  const segments = segmentsBelow(folder, root) ?? [];
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return 'it is not written without "//", "." and ".."';
  const fits = pattern.every((wanted, index) => matches(wanted, segments[index], dataset));
  if (!fits)
    return `it does not match ${root}/${pattern.join('/')} for owner group ${JSON.stringify(dataset.ownerGroup)}`;
  if (!ownerOnDisk || owners === undefined) return undefined;
  if (dataset.ownerGroup !== '' && [owners.group, owners.user].includes(dataset.ownerGroup)) return undefined;
  return `it belongs to ${owners.user ?? 'an unknown user'} and group ${owners.group ?? 'unknown'} on disk, not to ${JSON.stringify(dataset.ownerGroup)}`;
}

function matches(wanted: string, found: string | undefined, dataset: Ownership): boolean {
  if (found === undefined) return false;
  if (wanted === '*') return true;
  const name = placeholder.exec(wanted)?.[1];
  if (name === undefined) return wanted === found;
  const values = {
    ownerGroup: [dataset.ownerGroup],
    proposalId: dataset.proposalIds,
    instrumentId: dataset.instrumentIds,
  }[name as 'ownerGroup' | 'proposalId' | 'instrumentId'];
  // Split, not replaced: a value is never read as a pattern.
  const [before = '', after = ''] = wanted.split(`{${name}}`);
  return values.some((value) => value !== '' && found === before + value + after);
}

/** The segments of a path below a root; undefined for one that is not there. The root itself has none. */
function segmentsBelow(folder: string, root: string): string[] | undefined {
  const path = folder.length > 1 ? folder.replace(/\/$/, '') : folder;
  if (path === root) return [];
  const prefix = root === '/' ? '/' : `${root}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length).split('/') : undefined;
}

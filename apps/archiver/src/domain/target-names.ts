/** What records call the targets of this archiver: by their names, and by those of before ROUTES_FILE. */
export class TargetNames {
  private readonly current = new Map<string, string>();

  /** @param everywhere names of all targets that the installation has, those of other archivers too */
  constructor(
    targets: readonly { readonly name: string; readonly formerNames: readonly string[] }[] = [],
    private readonly everywhere: readonly string[] = [],
  ) {
    for (const { name, formerNames } of targets)
      for (const former of formerNames) this.current.set(former, name);
  }

  /** Whether the installation has a target of this name, here or at another archiver. */
  isConfigured(name: string): boolean {
    return this.everywhere.includes(name);
  }

  /** Whether the installation has targets that are none of these: another archiver may serve them. */
  hasOthers(served: readonly string[]): boolean {
    return this.everywhere.some((name) => !served.includes(name));
  }

  /** Of what a record calls it. */
  nameOf(written: string): string {
    return this.current.get(written) ?? written;
  }

  /** All that records may call a target. */
  writtenAs(name: string): string[] {
    const former = [...this.current].filter(([, one]) => one === name).map(([written]) => written);
    return [name, ...former];
  }
}

/** Who asked for work: the last of it has its record, those before are remembered for their audit entries. */
export interface AskedFor {
  readonly by: string;
  readonly reason: string;
  readonly at: Date;
  /** The audit entry. */
  readonly entry: string;
}

/** What kind of long-term storage a target is; adapters of `#long-term-storage` stand behind all but `outside`. */
export const targetKinds = ['share', 'tape', 's3', 'command', 'outside'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** A time in which nothing new begins at a target: what runs goes on. */
export type MaintenanceWindow =
  | { readonly kind: 'once'; readonly from: Date; readonly to: Date; readonly reason: string }
  | {
      readonly kind: 'weekly';
      /** 1 Monday … 7 Sunday. */
      readonly days: readonly number[];
      /** Minutes after midnight in `timeZone`; `to` at or before `from` means the day after. */
      readonly from: number;
      readonly to: number;
      /** IANA name. */
      readonly timeZone: string;
      readonly reason: string;
    };

/** One storage system that copies go to. Its name is part of records and messages: it never changes. */
export interface Target {
  /** 1 to 40 small letters, digits and `-`. */
  readonly name: string;
  readonly kind: TargetKind;
  /** Work orders under way at once, writing and reading. */
  readonly limits: { readonly write: number; readonly read: number };
  readonly windows: readonly MaintenanceWindow[];
  /** Seconds that one mount costs, for estimates; 0 for storage that is always there. */
  readonly mountCost: number;
}

/** Fields of datasets that a route may ask for; of those with several values one has to match. */
export const routableFields = [
  ...['ownerGroup', 'owner', 'type', 'proposalId', 'instrumentId', 'creationLocation', 'dataFormat'],
  ...[
    'sourceFolderHost',
    'classification',
    'keywords',
    'accessGroups',
    'principalInvestigator',
    'isPublished',
  ],
] as const;

/** Which jobs and datasets a route is for; what is absent matches all. */
export interface RouteCondition {
  readonly jobTypes?: readonly string[];
  /** Values of {@link routableFields}, each one of a list: `{ ownerGroup: ['p1', 'p2'] }`. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** Bytes of the dataset. */
  readonly minBytes?: number;
  readonly maxBytes?: number;
}

/** 0 urgent, 1 normal, 2 background. */
export type Priority = 0 | 1 | 2;

/** Where datasets of a kind go. The first route whose condition matches is taken. */
export interface Route {
  /** 1 to 40 small letters, digits and `-`. */
  readonly name: string;
  readonly when: RouteCondition;
  /** Names of targets in the order in which they are taken for copies, and read from. */
  readonly targets: readonly string[];
  /** 1 to 4, not more than `targets`. */
  readonly copies: number;
  readonly priority: Priority;
  /** Whom mails about its jobs go to: addresses, and `owner` for that of the job's owner. */
  readonly mail: readonly string[];
}

/** What a route is chosen by. */
export interface RouteQuestion {
  readonly jobType: string;
  /** {@link routableFields} of the dataset, as the catalogue has them. */
  readonly fields: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly bytes: number;
  /** SciCat's `tapeCopies`, where the job or the dataset's policy has one: raises, never lowers, the copies of the route. */
  readonly tapeCopies?: number;
  /** That of the job alone. */
  readonly copiesOfJob?: number;
}

/** Where one dataset goes. */
export interface ChosenRoute {
  readonly route: string;
  /** As many as there are copies; empty where the archiver knows its only storages best (no ROUTES_FILE). */
  readonly targets: readonly string[];
  readonly copies: number;
  readonly priority: Priority;
}

/** Where one dataset is read, and with which urgency. */
export type ReadingRoute = Omit<ChosenRoute, 'copies'>;

/** Who can change what holds a job up; `nobody`: it goes on by itself. */
export const changers = ['owner', 'operator', 'nobody'] as const;
export type Changer = (typeof changers)[number];

/** One thing that is known of a job, as one app knows it: facts, no texts. */
export interface JobFact {
  /** A wait code of docs/operations.md, or one of a newer version. */
  readonly code: string;
  /** Since when; absent where that is not known. */
  readonly since?: string;
  /** The part it is about, such as `JOB/0/3`; absent: the whole job, or several parts. */
  readonly part?: string;
  /** How many parts it is about. */
  readonly count?: number;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  /** Absent: what {@link changerOf} says. */
  readonly changeable?: Changer;
  /** When it ends by itself, or is looked at again. */
  readonly next?: string;
}

/** What one app knows of one job. */
export interface JobFacts {
  /** Whether the app has a record of it. */
  readonly known: boolean;
  readonly facts: readonly JobFact[];
}

/** What `GET operations/why?jobId=…` of one app answers. */
export interface WhyAnswer {
  readonly jobs: Readonly<Record<string, JobFacts>>;
}

/** An app that did not say what it knows. */
export interface MissingApp {
  readonly app: string;
  /** `app.silent`: no answer; `app.refused`: it did not take the call; `source.away`: a part of it cannot be asked now. */
  readonly code: 'app.silent' | 'app.refused' | 'source.away';
  readonly message: string;
  /** Since when, as far as the asker knows. */
  readonly since: string;
}

/** A fact with the app that told it. */
export interface ToldFact extends JobFact {
  readonly app: string;
  readonly changeable: Changer;
}

/** Why a job waits, as far as it is known. */
export interface Why {
  /** What holds it most; absent when nothing is known to hold it. */
  readonly headline?: ToldFact;
  /** Everything that is known, what holds it most first. */
  readonly all: readonly ToldFact[];
  /** Who did not answer: what is said above may be incomplete. */
  readonly missing: readonly MissingApp[];
  /** Whether any app has a record of it. */
  readonly known: boolean;
  readonly at: string;
}

import type { RegistrationStep } from '#contracts';
import type { Publication } from '../persistence/records.js';

/**
 * What is to be done next with a publication, or nothing.
 *
 * - `read`: freeze the content from the catalogue
 * - `read-files`: freeze the file list again, of content that is to stay as it is
 * - `bury`: make the tombstone of what the public saw last
 * - `reserve`: have DataCite keep the DOI as a draft
 * - `register`: have DataCite take the metadata; this is where it may refuse them
 * - `push`: show the content to the public
 * - `publish`: make the DOI findable; only now, as its page answers
 * - `hide`: make a withdrawn DOI unfindable; it goes on to resolve
 * - `confirm`, `confirm-withdrawal`: tell the catalogue
 */
export type Step =
  | 'read'
  | 'read-files'
  | 'bury'
  | 'reserve'
  | 'register'
  | 'push'
  | 'publish'
  | 'hide'
  | 'confirm'
  | 'confirm-withdrawal';

type Known = Pick<
  Publication,
  'version' | 'wanted' | 'stale' | 'revision' | 'attributesDigest' | 'doi' | 'pushed' | 'reported' | 'blocked'
>;

/** @param hasAccount false: DataCite is left out, DOIs are drafts of our own */
export function nextStep(publication: Known, hasAccount: boolean): Step | undefined {
  if (publication.blocked !== undefined) return undefined;
  switch (publication.wanted) {
    case 'unchanged':
      return restoringStep(publication);
    case 'draft':
      return draftStep(publication, hasAccount);
    case 'published':
      return publishedStep(publication, hasAccount);
    case 'withdrawn':
      return withdrawnStep(publication, hasAccount);
  }
}

function draftStep(publication: Known, hasAccount: boolean): Step | undefined {
  if (publication.stale) return 'read';
  const known = publication.doi.state !== 'none' && isCurrent(publication);
  return hasAccount && !known ? 'reserve' : undefined;
}

/** What the public saw last stays, also when the public store has lost it while its author amends the record. */
function restoringStep({ stale, revision, pushed }: Known): Step | undefined {
  if (pushed?.lost !== true || pushed.revision !== revision) return undefined;
  return stale ? 'read-files' : 'push';
}

function publishedStep(publication: Known, hasAccount: boolean): Step | undefined {
  const { stale, revision, doi, pushed, reported, version } = publication;
  if (stale || revision === 0) return 'read';
  const isRegistered = doi.state === 'registered' || doi.state === 'findable';
  if (hasAccount && !(isRegistered && isCurrent(publication))) return 'register';
  if (!isPushed(pushed, revision)) return 'push';
  if (hasAccount && doi.state !== 'findable') return 'publish';
  return reported < version ? 'confirm' : undefined;
}

function withdrawnStep(
  { stale, revision, doi, pushed, reported, version }: Known,
  hasAccount: boolean,
): Step | undefined {
  if (revision === 0) return 'read';
  if (stale) return 'bury';
  if (!isPushed(pushed, revision)) return 'push';
  // What was sent before the withdrawal, and never answered, may have made it findable.
  if (hasAccount && (doi.state === 'findable' || doi.uncertain === true)) return 'hide';
  return reported < version ? 'confirm-withdrawal' : undefined;
}

function isPushed(pushed: Known['pushed'], revision: number): boolean {
  return pushed?.revision === revision && pushed.lost !== true;
}

function isCurrent({ attributesDigest, doi }: Known): boolean {
  return (
    attributesDigest !== undefined && doi.attributesDigest === attributesDigest && doi.uncertain !== true
  );
}

const words: Readonly<Record<Step, RegistrationStep>> = {
  read: 'reading',
  'read-files': 'reading',
  bury: 'reading',
  reserve: 'registering',
  register: 'registering',
  push: 'pushing',
  publish: 'publishing',
  hide: 'hiding',
  confirm: 'reporting',
  'confirm-withdrawal': 'reporting',
};

/** The step in the words of messages. */
export function wordOf(step: Step): RegistrationStep {
  return words[step];
}

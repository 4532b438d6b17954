import type { Changer, WaitWord } from '#console-api';

/** What a wait code means, and what is to be done about it. */
export interface WaitText {
  /** Completes `JOB waits for …`. */
  readonly for: string;
  /** One or two sentences for the one who may change it. */
  readonly todo: string;
}

export const waitTexts: Readonly<Record<WaitWord, WaitText>> = {
  'message.parked': {
    for: 'a message that could not be handled and lies in a parking lot',
    todo: 'Look at it with catena ops parked list --job JOB, mend what its code names, then replay it; discard it only where nobody needs it.',
  },
  paused: {
    for: 'the end of a pause',
    todo: 'Ask the operator who is named, or end it with catena ops resume SCOPE --reason "why".',
  },
  'window.closed': {
    for: 'the end of a maintenance window of its target',
    todo: 'It goes on when the window ends; windows stand in ROUTES_FILE.',
  },
  deferred: {
    for: 'the time that an operator gave it',
    todo: 'Where it is wanted before, catena ops defer JOB --until now --reason "why".',
  },
  'cancel.waiting': {
    for: 'the end of its cancellation, which is under way',
    todo: 'Nothing: what was begun is cleaned up first.',
  },
  'catalog.unsent': {
    for: 'the broker, which did not take the message of the catalogue',
    todo: 'See with catena ops status whether catalog-api reaches the broker, and mend that; it is sent by itself then.',
  },
  'catalog.unaccepted': {
    for: 'job-assembler, which did not accept the message of the catalogue',
    todo: 'See with catena ops status whether job-assembler is up, and with catena ops queues whether its inbox has a consumer; start it.',
  },
  'plan.waiting': {
    for: 'its planning, which could not be done and is tried again',
    todo: 'Mend what the facts name: mostly the catalogue, or a storage, that is away.',
  },
  'plan.running': { for: 'its planning, which is going on', todo: 'Nothing: it goes on by itself.' },
  'target.unknown': {
    for: 'a target that ROUTES_FILE does not have any more',
    todo: 'Put the target back into ROUTES_FILE of job-assembler and archiver, or cancel the job.',
  },
  'limit.global': {
    for: 'a slot: all slots of the installation are taken',
    todo: 'It goes on as work ends. Who has the slots, and a larger limit: catena ops limits show, catena ops limits set global=N.',
  },
  'limit.group': {
    for: 'a slot: its group has all that it may have',
    todo: 'It goes on as work of the group ends. A larger limit for a while: catena ops limits set perGroup=N.',
  },
  'limit.target': {
    for: 'a slot at its target',
    todo: 'It goes on as work there ends. A larger limit for a while: catena ops limits set write:TARGET=N, or read:TARGET=N.',
  },
  'slot.kept': {
    for: 'a slot that is kept for work that needs several at once and comes first',
    todo: 'Nothing: it goes on when that work has begun.',
  },
  'work.unsent': {
    for: 'the broker, which did not take its work orders',
    todo: 'See with catena ops status whether job-assembler reaches the broker, and mend that; they are sent by themselves then.',
  },
  'work.unaccepted': {
    for: 'an archiver that accepts its work orders',
    todo: 'See with catena ops status whether an archiver is up, and start one.',
  },
  'work.silent': {
    for: 'an archiver that has its work and says nothing more of it',
    todo: 'Is it frozen? See catena ops workers; kill the process that is named and start it again: another one goes on when its lease is over.',
  },
  'source.away': {
    for: 'the folder of its originals, which is not mounted',
    todo: 'Mount it on the archivers (SOURCE_FOLDERS_FILE); it goes on by itself then.',
  },
  'quota.full': {
    for: 'room, or quota, at a target or in the retrieval area',
    todo: 'See catena ops shares and catena ops retrievals, and make room, or raise the quota.',
  },
  'work.waiting': {
    for: 'long-term storage that is full, away or refuses',
    todo: 'See catena ops shares; mend what the facts name, then catena ops works try-now ID has it tried at once.',
  },
  'copy.missing': {
    for: 'another good copy of a datablock',
    todo: 'See catena ops copies list --pid PID; mount the target that has a good one, or have it mended from there.',
  },
  'cold.restoring': {
    for: 'a cold object that is being restored',
    todo: 'Nothing: the object store says when it is there.',
  },
  'worker.outside': {
    for: 'a storage system that others operate',
    todo: 'Ask its operators; who they are stands in your agreement with them.',
  },
  'work.retrying': {
    for: 'another try after a failure',
    todo: 'It is tried again by itself; mend what the code names, then catena ops works try-now ID has it tried at once.',
  },
  'work.shared-recall': {
    for: 'another work order that recalls the same datablock',
    todo: 'Nothing: both get it. See catena job on the job that is named.',
  },
  'work.tape': {
    for: 'a drive, a mount or the position of a tape',
    todo: 'Nothing, as long as the library works: tapes are read in their order.',
  },
  'work.queued': {
    for: 'a free worker of the archiver',
    todo: 'It goes on as work ends. More archivers, or more slots of each (ARCHIVER_CONCURRENCY), make it shorter.',
  },
  'register.waiting': {
    for: 'the catalogue, which has not registered what was archived',
    todo: 'It goes on by itself; where it does not, see catena ops parked list and catena ops status.',
  },
  external: {
    for: 'another system that runs it',
    todo: 'Ask the operators of that system: Catena only keeps what it reports.',
  },
  'work.running': { for: 'nothing: it is being worked on', todo: 'Nothing.' },
};

const unknown: WaitText = {
  for: 'something that this version of catena has no words for',
  todo: 'The facts say what is known; docs/operations.md of the installation has the code.',
};

/** Codes of newer apps are told as they come. */
export function waitTextOf(code: string): WaitText {
  return Object.hasOwn(waitTexts, code) ? waitTexts[code as WaitWord] : unknown;
}

export const changerTexts: Readonly<Record<Changer, string>> = {
  owner: 'its owner can change that',
  operator: 'an operator can change that',
  nobody: 'it goes on by itself',
};

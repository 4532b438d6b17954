import type { WaitTexts } from './wait-text.js';

const self = 'Nothing to do: it goes on by itself.';

export const waitsEn: WaitTexts = {
  words: {
    'message.parked': {
      line: [
        'A message about this job could not be handled ({code})',
        'A message about this job could not be handled',
      ],
      todo: 'Look at the message, mend what its code names, then replay it. Discard it only where nobody needs it.',
    },
    paused: {
      line: ['{by} has paused {scope}: {reason}', '{by} has paused this: {reason}', '{reason}', 'Paused'],
      more: ['Mode: {mode}.'],
      todo: 'Ask who is named, or end the pause when its reason is gone.',
    },
    'window.closed': {
      line: [
        '{target} is in maintenance: {reason}',
        '{target} is in maintenance',
        'A target is in maintenance',
      ],
      todo: 'It goes on when the window ends. Windows stand in ROUTES_FILE.',
    },
    deferred: {
      line: ['{by} has moved it to a later time: {reason}', 'It begins at a later time'],
      todo: 'It goes on at that time; an operator can move it.',
    },
    'cancel.waiting': {
      line: [
        'Being cancelled for {by}: {reason}',
        'Being cancelled for {by}',
        'Being cancelled; what it left is taken back ({code})',
        'Being cancelled; what was begun is cleaned up',
      ],
      more: ['On {share}.'],
      todo: self,
    },
    'catalog.unsent': {
      line: ['The catalogue cannot send its message: the broker does not take it'],
      todo: 'See whether catalog-api reaches the broker. The message is sent by itself then.',
    },
    'catalog.unaccepted': {
      line: [
        '{app} has not accepted the message of the catalogue',
        'The message of the catalogue was not accepted',
      ],
      todo: 'See whether that app is up and its queue has a consumer.',
    },
    'plan.waiting': {
      line: [
        'It cannot be planned now ({code}): {reason}',
        'It cannot be planned now: {reason}',
        'It cannot be planned now',
      ],
      todo: 'It is tried again. Mend what is named: mostly the catalogue, or a storage, that is away.',
    },
    'plan.running': {
      line: ['Being planned: {planned} of {datasets} datasets', 'Being planned'],
      todo: self,
    },
    'target.unknown': {
      line: [
        'Target {target} is not in ROUTES_FILE any more',
        'Lane {lane} was made by a newer version',
        'Its target is not known any more',
      ],
      todo: 'Put the target back into ROUTES_FILE of job-assembler and archiver, or cancel the job.',
    },
    'limit.global': {
      line: ['All {limit} slots of the installation are taken', 'All slots of the installation are taken'],
      more: ['Place {place} in line.', 'Expected to begin {expectedAt}.', 'Held by {holders}.'],
      todo: 'It goes on as work ends. A larger limit for a while makes it quicker.',
    },
    'limit.group': {
      line: ['All {limit} slots of group {group} are taken', 'All slots of its group are taken'],
      more: ['Place {place} in line.', 'Expected to begin {expectedAt}.', 'Held by {holders}.'],
      todo: 'It goes on as work of the group ends. A larger limit for a while makes it quicker.',
    },
    'limit.target': {
      line: ['All {limit} slots at {target} are taken', 'All slots at its target are taken'],
      more: ['Place {place} in line.', 'Expected to begin {expectedAt}.', 'Held by {holders}.'],
      todo: 'It goes on as work there ends. A larger limit for a while makes it quicker.',
    },
    'slot.kept': {
      line: [
        'The free slot at {target} is kept for work that needs several at once',
        'The free slot is kept for work that needs several at once',
      ],
      more: ['That is {workOrder}, which waits since {waitingSince}.'],
      todo: self,
    },
    'work.unsent': {
      line: ['Its work orders cannot be sent: the broker does not take them'],
      todo: 'See whether job-assembler reaches the broker. They are sent by themselves then.',
    },
    'work.unaccepted': {
      line: ['{reason}', 'No archiver has accepted its work orders'],
      todo: 'See whether an archiver is alive, and start one.',
    },
    'work.silent': {
      line: [
        '{worker} has its work and gives no sign of life since {seenAt}',
        '{app} says nothing more of it',
        'The worker that has it says nothing more',
      ],
      more: ['Another one may take it over {takeoverAt}.'],
      todo: 'Is it frozen? End that process and start it again: another one goes on when its lease is over.',
    },
    'source.away': {
      line: [
        'The folder of its originals is not mounted: {reason}',
        'The folder of its originals is not mounted ({code})',
        'The folder of its originals is not mounted',
      ],
      todo: 'Mount it on the archivers. It goes on by itself then.',
    },
    'quota.full': {
      line: [
        'No room left: {reason}',
        'No room left at {share} ({code})',
        'No room left at {target}',
        'No room left ({code})',
        'No room left',
      ],
      more: ['{free} are free, {needed} are needed.'],
      todo: 'Make room, or raise the quota.',
    },
    'work.waiting': {
      line: [
        '{share} cannot be used now ({code})',
        'Long-term storage cannot be used now: {reason}',
        'Long-term storage cannot be used now ({code})',
        'It is tried later',
      ],
      more: ['{free} are free, {needed} are needed.'],
      todo: 'Mend what the code names. It goes on by itself, or at once with “try now”.',
    },
    'copy.missing': {
      line: [
        'No good copy can be read: {reason}',
        'No good copy can be read ({code})',
        'No good copy can be read',
      ],
      todo: 'Mount the target that has a good copy, or have it mended from there.',
    },
    'cold.restoring': {
      line: ['A cold object is being restored'],
      todo: 'Nothing to do: the object store says when it is there. It may take minutes to days.',
    },
    'worker.outside': {
      line: [
        'The operators of {target} do it: {reason}',
        'The operators of {target} do it',
        'Others operate its storage system',
      ],
      todo: 'Ask its operators; your agreement with them says who they are.',
    },
    'work.retrying': {
      line: [
        'It failed and is tried again: attempt {attempt} of {of} ({code})',
        'It failed and is tried again: {reason}',
        'It failed and is tried again',
      ],
      todo: 'Mend what the code names. It is tried by itself, or at once with “try now”.',
    },
    'work.shared-recall': {
      line: ['Job {jobId} recalls the same datablock', 'Another job recalls the same datablock'],
      more: ['Its work order is {order}.'],
      todo: 'Nothing to do: both get it.',
    },
    'work.tape': {
      line: [
        'It waits for cartridge {cartridge}',
        'It waits for a drive at {share}',
        '{reason}',
        'It waits for a drive, a mount or the position of a tape',
      ],
      more: ['Place {place} in line.', 'At {share}.', 'With {worker}.'],
      todo: 'Nothing to do as long as the library works: tapes are read in their order.',
    },
    'work.queued': {
      line: ['All {slots} slots of {workers} archivers are busy', 'It waits for a free archiver'],
      more: ['Place {place} in line.'],
      todo: 'It goes on as work ends. More archivers, or more slots of each, make it shorter.',
    },
    'register.waiting': {
      line: ['It is archived; the catalogue has not registered it yet'],
      todo: 'It goes on by itself. Where it does not, look for parked messages.',
    },
    external: {
      line: ['Another system runs it; {by} reported last ({status})', 'Another system runs it'],
      todo: 'Ask the operators of that system. Catena only keeps what it reports.',
    },
    'work.running': {
      line: [
        'Being worked on: {phase}, {bytesDone} of {bytesTotal}',
        'Being worked on: {percent} % done',
        'Being worked on',
      ],
      more: ['{rate}.', '{secondsLeft} left.', 'With {worker}.', 'Cartridge {cartridge}.'],
      todo: 'Nothing to do.',
    },
  },
  unknown: {
    line: ['It waits for “{code}”, which this version of the console has no words for'],
    todo: 'The facts below say what is known. The documentation of the newer version has the code.',
  },
  phases: {
    planning: 'planning',
    packing: 'packing',
    verifying: 'verifying',
    recalling: 'recalling',
    waiting: 'waiting',
  },
  changers: {
    owner: 'You can change that',
    operator: 'An operator can change that',
    nobody: 'It goes on by itself',
  },
};

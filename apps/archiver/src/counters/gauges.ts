import type { Measurement } from '#observability';

type Gauges = Measurement['gauges'];

export const workGauges: Gauges = {
  catena_worker_slots: { help: 'Workers of this archiver, busy and free.', labels: ['state'] },
  catena_works: {
    help: 'Work that is not over: running, due (for a worker), later (at its time), waiting (for what the code says).',
    labels: ['kind', 'state', 'code'],
  },
};

export const shareGauges: Gauges = {
  catena_share_free_bytes: { help: 'Free room on a share.', labels: ['share'] },
  catena_share_up: { help: 'Whether a share is there, and is itself.', labels: ['share'] },
};

export const tapeGauges: Gauges = {
  catena_tape_drives: {
    help: 'Drives of tape libraries, by whether one reads with them.',
    labels: ['state'],
  },
  catena_tape_waiting: { help: 'Recalls that wait for a drive.' },
};

export const copyGauges: Gauges = {
  catena_copies: {
    help: 'Copies on a share: verified (counted once an hour), damaged, missing (as of now).',
    labels: ['share', 'state'],
  },
  catena_copy_unverified_age_seconds: {
    help: 'How long ago the copy was proven that was proven longest ago.',
    labels: ['share'],
  },
  catena_copy_promised_age_seconds: {
    help: 'Within which time every copy is to be proven again.',
    labels: ['share'],
  },
};

import { metrics } from '#observability';

let active = 0;
let pushedAt: number | undefined;

export const noteBytes = metrics.counter({
  name: 'catena_download_bytes_total',
  help: 'Bytes of files, archives and lists that were sent to readers.',
});

export const noteBroken = metrics.counter({
  name: 'catena_downloads_broken_total',
  help: 'Downloads that broke off on our side, by code.',
  labels: ['code'],
});

export const noteRecords = metrics.counter({
  name: 'catena_oai_records_total',
  help: 'Records and headers given to harvesters.',
});

/** A download has begun. @returns what notes its end, once */
export function noteDownload(): () => void {
  active += 1;
  let ended = false;
  return () => {
    if (!ended) active -= 1;
    ended = true;
  };
}

export function activeDownloads(): number {
  return active;
}

/** The publisher has sent something that was believed. @param at milliseconds */
export function notePush(at: number): void {
  pushedAt = at;
}

export function lastPush(): number | undefined {
  return pushedAt;
}

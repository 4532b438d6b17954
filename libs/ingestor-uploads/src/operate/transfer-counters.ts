import { metrics } from '#observability';

/** Bytes that arrived in the landing zone, proven. */
export const noteBytes = metrics.counter({
  name: 'catena_ingestor_bytes_total',
  help: 'Bytes of ingestors that arrived in the landing zone with the checksum that was announced.',
});

/** Files and parts, by what became of them. */
export const noteTransfer = metrics.counter({
  name: 'catena_ingestor_transfers_total',
  help: 'Files and parts that ingestors sent, by outcome: stored, refused, or failed.',
  labels: ['outcome'],
});

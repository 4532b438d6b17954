import type { AppName } from '../../../tools/start/src/index.js';

/*
 * Names that dashboards, alerts and people rely on: whoever changes one says so in the upgrade notes (docs/operations.md).
 * Of a histogram the count stands here.
 */

const everyApp = [
  'catena_build_info',
  'catena_dependency_up',
  'catena_message_critical_time_seconds_count',
  'catena_messages_settled_total',
  'catena_outbox_resent_total',
  'catena_samples_cut_total',
  'db_client_operation_duration_seconds_count',
  'db_client_operation_errors_total',
  'http_client_request_duration_seconds_count',
  'http_server_request_duration_seconds_count',
  'messaging_client_consumed_messages_total',
  'messaging_client_operation_duration_seconds_count',
  'messaging_client_sent_messages_total',
  'messaging_process_duration_seconds_count',
];

const spine = [
  'catena_outbox_oldest_unaccepted_seconds',
  'catena_outbox_unaccepted',
  'catena_outbox_unpublished',
  'catena_parking_lot_messages',
  'catena_queue_consumers',
  'catena_queue_messages',
];

/** The console's are few: `test/console` asks for them. */
export type WatchedApp = Exclude<AppName, 'console'>;

const ownOf: Readonly<Record<WatchedApp, readonly string[]>> = {
  'catalog-api': [
    'catena_access_refused_total',
    'catena_dataset_claims',
    'catena_event_streams',
    'catena_ingestor_bytes_total',
    'catena_ingestor_space_bytes',
    'catena_ingestor_transfers_total',
    'catena_ingestor_uploads',
    'catena_job_duration_seconds_count',
    'catena_job_oldest_unfinished_seconds',
    'catena_jobs_unfinished',
    'catena_sign_ins_total',
  ],
  'job-assembler': [
    'catena_datasets_failed_total',
    'catena_limit',
    'catena_limit_used',
    'catena_oldest_planned_seconds',
    'catena_paused',
    'catena_planning_failures_total',
    'catena_work_order_wait_seconds_count',
    'catena_work_orders',
    'catena_work_orders_released_total',
  ],
  archiver: [
    'catena_archive_io_bytes_total',
    'catena_copies',
    'catena_copy_promised_age_seconds',
    'catena_copy_unverified_age_seconds',
    'catena_lease_lost_total',
    'catena_share_free_bytes',
    'catena_share_up',
    'catena_tape_drives',
    'catena_tape_waiting',
    'catena_work_attempts_failed_total',
    'catena_work_order_wait_seconds_count',
    'catena_work_phase_duration_seconds_count',
    'catena_worker_slots',
    'catena_works',
  ],
  publisher: [
    'catena_publication_oldest_waiting_seconds',
    'catena_publications',
    'catena_publications_blocked',
    'catena_recalls',
    'catena_reconcile_differences',
    'catena_reconcile_last_success_timestamp_seconds',
    'catena_registry_errors_total',
  ],
  'publication-server': [
    'catena_download_bytes_total',
    'catena_downloads_active',
    'catena_downloads_broken_total',
    'catena_feed_last_push_timestamp_seconds',
    'catena_oai_records_total',
    'catena_public_records',
  ],
};

/** What `/metrics` of an app has, beside the numbers of Node itself. */
export function namesOfApp(app: WatchedApp): readonly string[] {
  return [...everyApp, ...(app === 'publication-server' ? [] : spine), ...ownOf[app]];
}

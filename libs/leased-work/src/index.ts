export { Heartbeat, type HeartbeatOptions } from './heartbeat.js';
export { LeasedWorker, type Hold, type LeasedWorkerOptions } from './leased-worker.js';

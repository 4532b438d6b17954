export { Heartbeat, type HeartbeatOptions } from './heartbeat.js';
export { HostedLoop } from './hosted-loop.js';
export { LeasedWorker, type Hold, type LeasedWorkerOptions } from './leased-worker.js';
export { WorkLoop, type Found } from './work-loop.js';

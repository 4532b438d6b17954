export { exportSpans, type SpanExport } from './export-spans.js';
export { createLogger, LOGGER, type Logger } from './logger.js';
export type { Measurement, Sample } from './measurements.js';
export { metrics, Metrics, secondsSince, type HistogramSpec, type MetricSpec } from './metrics.js';
export { answerMetrics } from './metrics-answer.js';
export { watchCalls } from './watch-calls.js';
export { startSpan, traceIdOf, type KindOfSpan, type RunningSpan, type SpanSpec } from './tracing.js';

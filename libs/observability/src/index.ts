export { createLogger, LOGGER, type Logger } from './logger.js';

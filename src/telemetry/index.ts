/** 'holdfast/telemetry' */

export {} from './at-once.js';
export { attemptOf, requestHook } from './attempt.js';
export type { ConsoleLike } from './console-logger.js';
export { consoleLogger } from './console-logger.js';
export type { EventSource, LogEventsOptions, Logger } from './log-events.js';
export { logEvents } from './log-events.js';

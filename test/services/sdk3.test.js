/** The packed package beside version 3 of OpenTelemetry's SDK, which needs a newer Node than holdfast does. */
import { test } from 'node:test';
import { testInProject } from './project.js';

const NODE = '24';
const dependencies = {
  '@opentelemetry/api': '1.10.0',
  '@opentelemetry/context-async-hooks': '3.1.1',
  '@opentelemetry/instrumentation-undici': '0.34.0',
  '@opentelemetry/sdk-logs': '3.1.1',
  '@opentelemetry/sdk-metrics': '3.1.1',
  '@opentelemetry/sdk-trace': '3.1.1',
};

test(`metrics, traces and logs with SDK 3 on Node ${NODE}`, { timeout: 120_000 }, () =>
  testInProject({ folder: 'sdk3', dependencies, node: NODE }),
);

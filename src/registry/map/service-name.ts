import { fromEnvironment } from '../../telemetry/environment.js';

/** The name that OpenTelemetry gives a service that does not say its own. */
const UNKNOWN = 'unknown_service';

/** This service's name, as OpenTelemetry's SDK would find it in the environment. */
export function serviceName(read = fromEnvironment): string {
  return read('OTEL_SERVICE_NAME') || ofResource(read('OTEL_RESOURCE_ATTRIBUTES')) || UNKNOWN;
}

/** The `service.name` in a list such as `service.name=orders,service.version=2`. */
function ofResource(attributes: string | undefined): string | undefined {
  const name = /(?:^|,)\s*service\.name\s*=([^,]*)/.exec(attributes ?? '')?.[1]?.trim();
  try {
    return name && decodeURIComponent(name);
  } catch {
    return name;
  }
}

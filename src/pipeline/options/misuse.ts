import { ConfigError } from '../../errors.js';

/**
 * The error for something that does not belong where it stands.
 *
 * @param path Where it stands, such as `pipeline.policies[0]`. The first step is whose mistake it is.
 */
export function misuse(path: string, message: string, value: unknown): ConfigError {
  return new ConfigError(`${path}: ${message}`, { path, value, policy: path.split(/[.[]/, 1)[0] });
}

import { CONTRACT, isFit, markOf, VERSION } from '../../copies.js';
import { ConfigError } from '../../errors.js';
import type { Pipeline } from '../pipeline.js';

/** Whether it is a pipeline, also one of another copy that does not fit: that is for {@link refuseMisfit} to say. */
export function isAnyPipeline(value: unknown): value is Pipeline<unknown> {
  return markOf(value)?.kind === 'pipeline';
}

/**
 * Refuses what another copy of this package has made that speaks another contract: it would break in some call, and not say why.
 *
 * @param path Where it stands, such as `pipeline.policies[0]`.
 * @throws ConfigError
 */
export function refuseMisfit(value: unknown, path: string): void {
  const found = markOf(value);
  if (found === undefined || isFit(found)) return;
  throw new ConfigError(
    `${path}: this ${found.kind} is of another copy of holdfast, version ${found.version} (contract ${found.contract}), which does not fit this one, version ${VERSION} (contract ${CONTRACT}); install one version for both: npm ls holdfast shows who brings which`,
    { path, value, policy: path.split(/[.[]/, 1)[0] },
  );
}

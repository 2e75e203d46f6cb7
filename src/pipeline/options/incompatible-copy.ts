import { CONTRACT, isFit, markOf, VERSION } from '../../copies.js';
import { ConfigError } from '../../errors.js';

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

import { CONTRACT, isFit, markOf, VERSION } from '../../copies.js';
import { misuse } from './misuse.js';

/**
 * Refuses an object made by another copy of this package that has another internal contract. It would break in some call, without a clear error.
 *
 * @param path Where it stands, such as `pipeline.policies[0]`.
 * @throws ConfigError
 */
export function refuseMisfit(value: unknown, path: string): void {
  const found = markOf(value);
  if (found === undefined || isFit(found)) return;
  throw misuse(
    path,
    `this ${found.kind} is of another copy of holdfast, version ${found.version} (contract ${found.contract}), which does not fit this one, version ${VERSION} (contract ${CONTRACT}); install one version for both: npm ls holdfast shows who brings which`,
    value,
  );
}

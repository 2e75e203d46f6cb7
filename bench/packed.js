// @ts-check
/**
 * What the package weighs as it is published.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bytes of the tarball, and of what it holds. Needs dist/.
 * @returns {{ tarball: number, unpacked: number }}
 */
export function packedSize() {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const shell = process.platform === 'win32';
  const told = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell }));
  // npm 12 answers an object keyed by package name, earlier ones an array.
  const [{ size, unpackedSize }] = /** @type {[{ size: number, unpackedSize: number }]} */ (
    Object.values(told)
  );
  return { tarball: size, unpacked: unpackedSize };
}

// @ts-check
/**
 * What the package weighs as it is published.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @typedef {{ size: number, unpackedSize: number, files: { path: string, size: number }[] }} Packed */

function packed() {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const shell = process.platform === 'win32';
  const told = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell }));
  // npm 12 answers an object keyed by package name, earlier ones an array.
  const [only] = /** @type {[Packed]} */ (Object.values(told));
  return only;
}

/**
 * Bytes of the tarball, and of what it holds. Needs dist/.
 * @returns {{ tarball: number, unpacked: number }}
 */
export function packedSize() {
  const { size, unpackedSize } = packed();
  return { tarball: size, unpacked: unpackedSize };
}

/**
 * The same by part. Of the tarball, each file has the share that it has of all files when each is compressed alone.
 * @param {(path: string) => string} partOf
 */
export function packedParts(partOf) {
  const { size, files } = packed();
  const each = files.map(({ path, size: unpacked }) => ({
    part: partOf(path),
    unpacked,
    alone: gzipSync(readFileSync(join(ROOT, path)), { level: 9 }).length,
  }));
  const sum = each.reduce((total, { alone }) => total + alone, 0);
  /** @type {Map<string, { tarball: number, unpacked: number }>} */
  const parts = new Map();
  for (const { part, unpacked, alone } of each) {
    const before = parts.get(part) ?? { tarball: 0, unpacked: 0 };
    parts.set(part, {
      tarball: before.tarball + (alone * size) / sum,
      unpacked: before.unpacked + unpacked,
    });
  }
  return parts;
}

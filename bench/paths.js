// @ts-check
import p1 from './arms/p1.js';
import p1Others from './arms/p1-others.js';
import p1Quiet from './arms/p1-quiet.js';
import p2 from './arms/p2.js';
import { alone, limits } from './arms/p3.js';
import p4 from './arms/p4.js';
import p5 from './arms/p5.js';
import p6 from './arms/p6.js';
import p7 from './arms/p7.js';
import p8 from './arms/p8.js';
import p9 from './arms/p9.js';
import p10 from './arms/p10.js';
import p11 from './arms/p11.js';
import p12 from './arms/p12.js';

/** @type {readonly import('./types.d.ts').Path[]} */
export const paths = [
  p1,
  p1Others,
  p1Quiet,
  p2,
  alone,
  limits,
  p4,
  p5,
  p6,
  p7,
  p8,
  ...p9,
  p10,
  p11,
  p12,
];

/** @param {string} id */
export function pathOf(id) {
  const path = paths.find((one) => one.id === id.toUpperCase());
  if (!path) throw new Error(`no path ${id}; there are ${paths.map((one) => one.id).join(', ')}`);
  return path;
}

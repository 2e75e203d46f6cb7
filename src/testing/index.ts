/** 'holdfast/testing': what tests of code that uses holdfast need. */
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.js';

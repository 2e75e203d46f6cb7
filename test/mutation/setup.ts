import fc from 'fast-check';

// The same inputs for every change, or what is noticed would be chance; and no time spent on a smaller counterexample.
fc.configureGlobal({ seed: 1, endOnFailure: true });

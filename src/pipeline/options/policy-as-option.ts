import type { Hint } from '../../config/foreign-names.js';

/** Words in the names of policies and of their options, here and elsewhere. */
const OF_A_POLICY =
  /retr[iy]|attempt|tries|delay|backoff|factor|jitter|randomize|budget|timeout|duration|deadline|breaker|circuit|failureRate|threshold|consecutive|minimum|halfOpen|openFor|limit|permit|persecond|^rate|^rps$|bulkhead|concurren|inFlight|sockets|connections|queue|adaptive|fallback|throttl|policies/i;

/** The hint for a policy, or an option of one, that was given as an option of a pipeline. */
export const policyAsOption: Hint = (name, known) =>
  known.includes('errorTypeOf') && OF_A_POLICY.test(name)
    ? "; policies come after the options, as in pipeline({ name: 'x' }, timeout('5s'), retry())"
    : undefined;

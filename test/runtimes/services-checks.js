/** What a declared service and an interceptor for gRPC do on every runtime, with nothing but what all of them have. */
import { TimeoutError } from 'holdfast';
import { connectInterceptor, grpcInterceptor } from 'holdfast/grpc';
import { defineService, openApiOf, ServiceContractError } from 'holdfast/services';
import { equal, failing, ok } from './core-checks.js';

const policies = {
  retry: { initialDelay: 20, maxDelay: 20, budget: false },
  circuitBreaker: false,
};

/** A schema of nobody's library. */
const textThat = (rule) => ({
  '~standard': {
    version: 1,
    vendor: 'own',
    validate: (value) => (rule.test(value) ? { value } : { issues: [{ message: 'no' }] }),
  },
});

let used = 0;

const declared = (origin, response, options) =>
  defineService(`echo-${used++}`, {
    baseUrl: `${origin}/flaky`,
    policies,
    registry: false,
    operations: {
      put: { method: 'PUT', path: '/:failures/:id', body: textThat(/^a/), as: 'text', response },
    },
    ...options,
  });
const request = (failures, body) => ({
  params: { failures, id: `${Date.now()}-${Math.random()}` },
  body,
});

export const servicesChecks = (origin) => ({
  async 'services: a 503 is retried, with the body, and the answer is checked'() {
    const echo = declared(origin, textThat(/^PUT abc$/));
    equal(await echo.put(request(2, 'abc')), 'PUT abc');
    equal(Object.keys(openApiOf(echo, { version: '1' }).paths)[0], '/{failures}/{id}');
  },
  async 'services: a request that breaks its contract is not sent, an answer that does is an error'() {
    const echo = declared(origin, textThat(/^nothing$/));
    const { side } = await failing(echo.put(request(0, 'bcd')));
    equal(side, 'request');
    const error = await failing(echo.put(request(0, 'abc')));
    ok(error instanceof ServiceContractError, error);
    equal(error.side, 'response');
  },
  async 'services: an answer that is too long is cut'() {
    const echo = declared(origin, textThat(/./), { maxResponseBytes: 8 });
    const error = await failing(echo.put(request(0, 'abcdefgh')));
    ok(error instanceof ServiceContractError, error);
  },
  async 'services: an operation has a timeout of its own'() {
    const hang = { method: 'GET', path: '/hang', totalTimeout: 200 };
    const slow = declared(origin, undefined, { baseUrl: origin, operations: { hang } });
    ok((await failing(slow.hang())) instanceof TimeoutError, 'another error');
  },
  async 'grpc: a call goes through an interceptor of Connect'() {
    equal(typeof grpcInterceptor(), 'function');
    const { signal } = new AbortController();
    const method = { name: 'Get', methodKind: 'unary', parent: { typeName: 'shop.Stock' } };
    const call = { stream: false, message: 7, method, url: '', signal, header: new Headers() };
    const answer = { stream: false, header: new Headers(), trailer: new Headers() };
    const send = connectInterceptor()(async ({ message }) => ({ ...answer, message }));
    equal((await send(call)).message, 7);
  },
});

/**
 * Options for the channel of a client whose interceptor makes the retries. They switch off what `@grpc/grpc-js` does by itself: all of its
 * retries and hedges (`grpc.enable_retries: 0`), and the service config from the DNS, by which others can switch on retries, hedges and outlier
 * detection.
 *
 * @example
 * new Client(address, credentials, { ...grpcChannelOptions, interceptors: [grpcInterceptor()] });
 */
export const grpcChannelOptions: {
  readonly 'grpc.enable_retries': 0;
  readonly 'grpc.service_config_disable_resolution': 1;
} = /* @__PURE__ */ Object.freeze({
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
});

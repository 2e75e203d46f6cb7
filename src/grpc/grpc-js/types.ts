/**
 * The part of `@grpc/grpc-js` that an interceptor meets. The types are structural, so that this package compiles without that one, and works with
 * each version of it. `test/grpc/grpc-js/types.test.ts` checks that they fit.
 */

/** Metadata of a call. */
export interface GrpcMetadata {
  get(key: string): unknown[];
  set(key: string, value: string): void;
  clone(): GrpcMetadata;
}

/** How a call ended. */
export interface GrpcStatusObject {
  readonly code: number;
  readonly details: string;
  readonly metadata: GrpcMetadata;
  /** The error of this library, if it ended the call. */
  readonly cause?: unknown;
}

/** Who hears of what a server sends. */
export interface GrpcListener {
  onReceiveMetadata?(metadata: GrpcMetadata): void;
  onReceiveMessage?(message: unknown): void;
  onReceiveStatus?(status: GrpcStatusObject): void;
}

/** What belongs to a message that is sent. */
export interface GrpcMessageContext {
  readonly callback?: (error?: Error | null) => void;
  readonly flags?: number;
}

/** A call as interceptors see it. */
export interface GrpcCall {
  cancelWithStatus(status: number, details: string): void;
  getPeer(): string;
  start(metadata: GrpcMetadata, listener?: GrpcListener): void;
  sendMessageWithContext(context: GrpcMessageContext, message: unknown): void;
  sendMessage(message: unknown): void;
  startRead(): void;
  halfClose(): void;
  getAuthContext?(): unknown;
}

/** A call that a server serves, which other calls are made for. */
export interface GrpcServerCall {
  getDeadline(): Date | number;
}

/** The options of a call, as interceptors get them. */
export interface GrpcCallOptions {
  readonly method_definition: {
    readonly path: string;
    readonly requestStream: boolean;
    readonly responseStream: boolean;
  };
  readonly deadline?: Date | number | undefined;
  readonly host?: string | undefined;
  readonly parent?: GrpcServerCall | undefined;
  readonly propagate_flags?: number | undefined;
}

/** Makes the call of the next interceptor, or the call itself. */
export type GrpcNextCall = (options: GrpcCallOptions) => GrpcCall;

import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { Metadata } from 'nice-grpc-common';

/** Carries the deadline from where the transport knows it to where calls are handled; never crosses the wire. */
const header = 'call-deadline';

/** grpc-js takes `grpc-timeout` off before a handler sees the metadata: this puts the moment it means in its place. */
export const tellDeadline: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata(metadata, forward) {
          metadata.remove(header);
          const deadline = Number(call.getDeadline());
          if (Number.isFinite(deadline)) metadata.set(header, String(deadline));
          forward(metadata);
        },
      }),
  });

/** When the caller stops waiting; undefined without a deadline. */
export function deadlineFrom(metadata: Metadata): Date | undefined {
  const value = metadata.get(header);
  return value === undefined ? undefined : new Date(Number(value));
}

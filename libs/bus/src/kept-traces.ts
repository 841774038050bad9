import type { NatsConnection } from '@nats-io/nats-core';
import { connectKeptTraces } from '@selfsame/runtime/kept-traces';

/** Outside of the stream's subjects: nothing of it is stored. */
const subject = 'selfsame-traces.kept';

/**
 * Lets the processes on this server tell each other which traces are worth keeping; ids of traces and nothing else.
 * @returns tells what is left and ends it
 */
export function shareKeptTraces(connection: NatsConnection): () => Promise<void> {
  const traces = connectKeptTraces((traceIds) => {
    if (!connection.isClosed()) connection.publish(subject, traceIds);
  });
  const subscription = connection.subscribe(subject, { callback: (_, { data }) => traces.receive(data) });
  return async () => {
    traces.close();
    subscription.unsubscribe();
  };
}

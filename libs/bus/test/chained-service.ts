import { setTimeout as sleep } from 'node:timers/promises';
import { SpanKind } from '@opentelemetry/api';
import {
  SessionServiceDefinition,
  type SessionServiceImplementation,
} from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { connectGrpc, serveGrpc } from '@selfsame/runtime/grpc';
import { run } from '@selfsame/runtime/lifecycle';
import { inSpan } from '@selfsame/runtime/telemetry';
import { openBus } from '../src/bus.ts';

/**
 * A process of a chain of `front`, `middle` and `end`; each asks the next. When asked for `slow`, only the front is slow: the
 * others have long answered. When asked for `broken`, the end fails and the middle makes do without it: the front sees nothing.
 * The front works in a span like that of an HTTP request: there traces come in.
 * Started with name, port and, but for the end, the next one's port.
 */
const [name = '', port = '', nextPort] = process.argv.slice(2);

await run(name, async (lifecycle, log, environment) => {
  const bus = await openBus({ service: name, url: environment.NATS_URL ?? '', log });
  lifecycle.onStop('bus', bus.close);
  const next = nextPort
    ? connectGrpc(SessionServiceDefinition, `127.0.0.1:${nextPort}`, { deadlineMs: 10_000 })
    : undefined;
  lifecycle.onStop('next', () => next?.close());
  const answer = async (reference: string) => {
    if (name === 'end' && reference === 'broken') throw new Failure('unavailable', 'broken', 'secret-words');
    await next?.client.findApplication({ reference }).catch(() => {});
    if (name === 'front' && reference === 'slow') await sleep(500);
    return {};
  };
  const entry = { 'http.request.method': 'POST' };
  const come = (reference: string) =>
    name === 'front'
      ? inSpan('POST', entry, () => answer(reference), { kind: SpanKind.SERVER })
      : answer(reference);
  // Nobody asks for the other methods, but a server wants them all.
  const methods = Object.keys(SessionServiceDefinition.methods);
  const handlers = Object.fromEntries(
    methods.map((method) => [method, (request: { reference: string }) => come(request.reference)]),
  ) as unknown as SessionServiceImplementation;
  const server = await serveGrpc({
    host: '127.0.0.1',
    port: Number(port),
    log,
    services: (each) => each.add(SessionServiceDefinition, handlers),
  });
  lifecycle.onStop('server', server.stop);
  process.stdout.write('ready\n');
});

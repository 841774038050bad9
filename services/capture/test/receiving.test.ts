import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Transform } from 'node:stream';
import { queryObjects } from 'node:v8';
import { createHttpServer, type HttpServer } from '@selfsame/http/server';
import { createLog } from '@selfsame/runtime/log';
import { waitFor } from '@selfsame/testing/wait';
import type { FastifyRequest } from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { captureTypes } from '../src/inbound/bodies.ts';
import { ReceivedBody, receiveBody } from '../src/inbound/receiving.ts';
import { createKeptUploads } from '../src/kept-uploads.ts';

const kept = createKeptUploads(1_000_000);
let server: HttpServer | undefined;
afterEach(() => server?.close());

const pieces = 20_000;
/** How many there are after everything that nobody holds is gone. */
const buffers = () => queryObjects(Buffer, { format: 'count' });

it('an upload in tiny pieces is one buffer in memory, not a buffer for each piece', async () => {
  let came = 0;
  const counted = () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        came += chunk.length;
        done(null, chunk);
      },
    });
  const health = { started: () => true, live: () => true, ready: () => true };
  server = createHttpServer({ service: 'receiving', log: createLog('receiving', 'silent'), health });
  server.register(async (api: HttpServer) => {
    api.addContentTypeParser(captureTypes, (request: FastifyRequest, payload: IncomingMessage) =>
      receiveBody(request, payload.pipe(counted()), { kept, begunAt: new Date() }),
    );
    api.post('/:token/:attempt_id', ({ body }) => body instanceof ReceivedBody && body.bytes.toString());
  });
  await server.listen({ host: '127.0.0.1', port: 0 });

  const before = buffers();
  const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(
    'POST /token/attempt HTTP/1.1\r\nhost: x\r\ncontent-type: image/jpeg\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  socket.write('1\r\nx\r\n'.repeat(pieces));
  await waitFor('all pieces', () => came === pieces);
  expect(buffers() - before).toBeLessThan(pieces / 10);
  let answer = '';
  socket.on('data', (data) => {
    answer += String(data);
  });
  socket.end('0\r\n\r\n');
  await once(socket, 'close');
  expect(answer.endsWith('x'.repeat(pieces))).toBe(true);
});

import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readNetworks } from '../domain/addresses.ts';
import { createWebhookClient, type WebhookClient } from './http-client.ts';

const policy = { allowedNetworks: readNetworks(['127.0.0.0/8']), allowHttp: true };
const headers = { 'Content-Type': 'application/json' };
const delivered = { kind: 'answered', status: 200, retryAfterMs: null };
const noAnswer = { responseTimeMs: null, responseBody: null };

let one: WebhookClient;
const closings: (() => Promise<unknown>)[] = [];
/** What was sent to the client in all. */
let sentBytes = 0;

/** A receiver that does with each request what `serve` does; all its sockets must be gone in the end. */
async function receiverThat(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sentBytes += socket.bytesWritten - socket.writableLength;
      sockets.delete(socket);
    });
    socket.on('data', () => serve(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  closings.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${port}/`, sockets };
}

/** Writes as fast as the client reads, until it hangs up. */
function flood(socket: Socket, piece: string | Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}

function trickle(socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 20);
  socket.on('close', () => clearInterval(timer));
}

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;

beforeEach(() => {
  sentBytes = 0;
  one = createWebhookClient({ policy, timeoutMs: 500 });
  closings.push(() => one.close());
});
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

describe('a receiver without an answer costs its time and no more', () => {
  const cases: readonly (readonly [string, (socket: Socket) => void])[] = [
    ['says nothing', () => {}],
    ['sends blank lines before the status line', (socket) => trickle(socket, '\r\n')],
    [
      'trickles headers',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        trickle(socket, 'X: y\r\n');
      },
    ],
    [
      'never ends its reason phrase',
      (socket) => {
        socket.write('HTTP/1.1 200 ');
        trickle(socket, 'OK');
      },
    ],
    [
      'answers after the deadline',
      (socket) => setTimeout(() => socket.write(head('Content-Length: 0')), 700),
    ],
    ['processes for ever', (socket) => socket.write('HTTP/1.1 102 Processing\r\n\r\n')],
  ];
  test.each(cases)('%s', async (_name, serve) => {
    const receiver = await receiverThat(serve);
    const result = await one.post(receiver.url, headers, '{}');
    expect(['timeout', 'connection_error']).toContain(result.outcome.kind);
    expect(result).toMatchObject(noAnswer);
    await waitFor('the connection to be closed', () => receiver.sockets.size === 0);
  });

  test('the time is told as such', async () => {
    const receiver = await receiverThat(() => {});
    expect(await one.post(receiver.url, headers, '{}')).toEqual({
      ...noAnswer,
      outcome: { kind: 'timeout' },
      error: 'timeout',
    });
  });

  test('a late answer is nobody else’s', async () => {
    let served = 0;
    const receiver = await receiverThat((socket) => {
      served += 1;
      const status = served === 1 ? '500 Late' : '200 OK';
      setTimeout(
        () => socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`),
        served === 1 ? 550 : 100,
      );
    });
    expect((await one.post(receiver.url, headers, '{}')).outcome).toEqual({ kind: 'timeout' });
    expect((await one.post(receiver.url, headers, '{}')).outcome).toEqual(delivered);
  });
});

describe('a receiver that does not speak HTTP is told apart', () => {
  const cases: readonly (readonly [string, string, string | ((socket: Socket) => void)])[] = [
    ['another protocol', 'not_http', '220 smtp.example.com ESMTP\r\n'],
    ['nonsense', 'not_http', '\0\0\0\0\0\0'],
    ['a broken header', 'not_http', 'HTTP/1.1 200 OK\r\nA B: c\r\n\r\n'],
    ['two lengths', 'not_http', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['HTTP/2 without being asked', 'not_http', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    [
      'an upgrade without being asked',
      'connection_closed',
      'HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n',
    ],
    ['large headers', 'headers_too_large', head(`X: ${'x'.repeat(20_000)}`)],
    ['many headers', 'headers_too_large', head(...Array.from({ length: 3_000 }, (_, n) => `X-${n}: yes`))],
    [
      'endless headers',
      'headers_too_large',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nX: ');
        flood(socket, 'x'.repeat(4_096));
      },
    ],
    [
      'a flood of informational answers',
      'not_http',
      (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)),
    ],
  ];
  test.each(cases)('%s', async (_name, error, answer) => {
    const receiver = await receiverThat((socket) =>
      typeof answer === 'string' ? void socket.write(answer) : answer(socket),
    );
    const result = await one.post(receiver.url, headers, '{}');
    expect(result).toEqual({ ...noAnswer, outcome: { kind: 'connection_error' }, error });
    await waitFor('the connection to be closed', () => receiver.sockets.size === 0);
    expect(sentBytes).toBeLessThan(8_000_000);
  });
});

describe('whatever the body does, the status counts', () => {
  const cases: readonly (readonly [string, string, (socket: Socket) => void])[] = [
    ['never comes', '', (socket) => socket.write(head('Content-Length: 100'))],
    ['hangs in the middle', 'half', (socket) => socket.write(`${head('Content-Length: 100')}half`)],
    ['is cut in the middle', 'half', (socket) => socket.end(`${head('Content-Length: 100')}half`)],
    [
      'is reset in the middle',
      'half',
      (socket) => {
        socket.write(`${head('Content-Length: 100')}half`);
        setTimeout(() => socket.resetAndDestroy(), 50);
      },
    ],
    [
      'ends with the connection',
      'all of it',
      (socket) => socket.end(`${head('Connection: close')}all of it`),
    ],
    [
      'is broken in its chunks',
      'ok',
      (socket) => socket.write(`${head('Transfer-Encoding: chunked')}2\r\nok\r\nzz\r\n`),
    ],
    ['is longer than it says', 'ok', (socket) => socket.write(`${head('Content-Length: 2')}okay`)],
    [
      'has NUL and broken UTF-8',
      'a\uFFFDb\uFFFDc\uFFFD',
      (socket) => {
        socket.write(head('Content-Length: 6'));
        socket.write(Buffer.from([0x61, 0, 0x62, 0xff, 0x63, 0xc3]));
      },
    ],
    ['is empty', '', (socket) => socket.write(head('Content-Length: 0'))],
  ];
  test.each(cases)('%s', async (_name, text, serve) => {
    const receiver = await receiverThat(serve);
    const result = await one.post(receiver.url, headers, '{}');
    expect(result).toEqual({
      outcome: delivered,
      responseTimeMs: expect.any(Number),
      responseBody: text,
      error: null,
    });
  });

  test('trickles: what came within the time is kept', async () => {
    const receiver = await receiverThat((socket) => {
      socket.write(head('Content-Length: 100000'));
      trickle(socket, 'x');
    });
    const result = await one.post(receiver.url, headers, '{}');
    expect(result.outcome).toEqual(delivered);
    expect(result.responseBody).toMatch(/^x{2,100}$/);
    await waitFor('the connection to be closed', () => receiver.sockets.size === 0);
  });

  test.each([['Content-Length: 100000000'], ['Transfer-Encoding: chunked'], ['Connection: close']])(
    'is 100 MB long (%s): 20 kB are kept, little more is read',
    async (header) => {
      const piece = Buffer.alloc(65_536, 'x');
      const isChunked = header.startsWith('Transfer');
      const receiver = await receiverThat((socket) => {
        socket.write(head(header));
        flood(
          socket,
          isChunked ? Buffer.concat([Buffer.from('10000\r\n'), piece, Buffer.from('\r\n')]) : piece,
        );
      });
      const result = await one.post(receiver.url, headers, '{}');
      expect(result.outcome).toEqual(delivered);
      expect(result.responseBody).toBe('x'.repeat(20_000));
      await waitFor('the connection to be closed', () => receiver.sockets.size === 0);
      expect(sentBytes).toBeLessThan(20_000_000);
    },
  );

  test('a bomb is not lit: nothing is decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(30_000_000));
    const receiver = await receiverThat((socket) => {
      socket.write(head('Content-Encoding: gzip', `Content-Length: ${bomb.length}`));
      socket.write(bomb);
    });
    const result = await one.post(receiver.url, headers, '{}');
    expect(result.outcome).toEqual(delivered);
    expect(result.responseBody?.length).toBeLessThanOrEqual(20_000);
    expect(result.responseBody).not.toContain('\0');
  });

  test('a character that the limit cuts in two is left out', async () => {
    const body = Buffer.from(`${'x'.repeat(19_999)}ë and more`);
    const receiver = await receiverThat((socket) => {
      socket.write(head(`Content-Length: ${body.length}`));
      socket.write(body);
    });
    expect((await one.post(receiver.url, headers, '{}')).responseBody).toBe('x'.repeat(19_999));
  });

  test('a body of moderate length leaves the connection usable', async () => {
    const remotePorts = new Set<number | undefined>();
    const receiver = await receiverThat((socket) => {
      remotePorts.add(socket.remotePort);
      socket.write(head('Content-Length: 50000') + 'x'.repeat(50_000));
    });
    for (let index = 0; index < 3; index += 1) {
      expect((await one.post(receiver.url, headers, '{}')).responseBody).toHaveLength(20_000);
    }
    expect(remotePorts.size).toBe(1);
  });
});

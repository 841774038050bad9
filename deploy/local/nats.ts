import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { Failure } from '@selfsame/runtime/errors';
import { loopback } from './ports.ts';
import { hostOf } from './postgres.ts';
import type { ProcessSpec } from './supervisor.ts';
import { dockerAnswers, natsServer, provideTool } from './tools.ts';

// For machines without a package of it; the newest line, since Docker is where people try versions.
const dockerImage = 'nats:2.12-alpine';

/** A built-in NATS server with a JetStream store in `directory`, ready to be supervised. @throws Failure `nats_missing` */
export function prepareNats(options: { directory: string; port: number; report: (line: string) => void }): {
  spec: ProcessSpec;
  url: string;
} {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const server = provideTool(natsServer, options.report);
  const [command, ...args] = natsCommand(options, server, dockerAnswers);
  const url = `nats://${loopback}:${options.port}`;
  return {
    url,
    spec: {
      name: 'nats',
      command,
      args,
      environment: process.env,
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 2500,
      readyTimeoutMs: server === undefined ? 90_000 : 20_000,
      isReady: async () => (await greeting(url, 1000)) !== undefined,
    },
  };
}

/** Checks that a NATS server given by URL answers and has JetStream. @throws Failure `nats_unreachable` in one line */
export async function checkNats(url: string): Promise<void> {
  const remedy = 'start it, correct NATS_URL, or unset NATS_URL to use the built-in one';
  const hello = await greeting(url, 4000).catch((error: Error) => error);
  if (hello instanceof Error || hello === undefined) {
    const why = hello?.message ?? 'it does not speak NATS';
    const message = `The NATS server at ${hostOf(url)} (NATS_URL) does not answer (${why}): ${remedy}`;
    throw new Failure('unavailable', 'nats_unreachable', message);
  }
  if (!hello.includes('"jetstream":true')) {
    const message = `The NATS server at ${hostOf(url)} (NATS_URL) has no JetStream: start it with -js`;
    throw new Failure('unavailable', 'nats_unreachable', message);
  }
}

/** A NATS server speaks first: one INFO line. Undefined when something else, or nothing, is said in time. */
function greeting(url: string, timeoutMs: number): Promise<string | undefined> {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined) return Promise.reject(new Error('it is not a URL'));
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.hostname, port: Number(address.port || 4222) });
    let text = '';
    const settle = (answer: string | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => settle(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => reject(new Error(error.code ?? error.message)));
    socket.once('close', () => settle(undefined));
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
      if (text.includes('\r\n')) settle(text.startsWith('INFO ') ? text : undefined);
    });
  });
}

/** The server of this machine, else Docker's. @throws Failure `nats_missing` that names every way out */
export function natsCommand(
  options: { directory: string; port: number },
  server: string | undefined,
  hasDocker: () => boolean,
): [string, ...string[]] {
  const { directory, port } = options;
  if (server !== undefined) return [server, '-a', loopback, '-p', String(port), '-js', '-sd', directory];
  if (!hasDocker()) {
    const how = 'install it (Debian: apt-get install nats-server), start Docker, or set NATS_URL';
    throw new Failure('unavailable', 'nats_missing', `nats-server was not found: ${how}`);
  }
  const run = ['run', '--rm', '--init', '--publish', `${loopback}:${port}:4222`];
  return ['docker', ...run, '--volume', `${directory}:/store`, dockerImage, '-js', '-sd', '/store'];
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FraudSignalsServiceDefinition } from '@selfsame/contracts/fraud_signals/v1/service';
import { connectGrpc, type GrpcClient } from '@selfsame/runtime/grpc';
import type { Served } from './stream-clock.ts';

/** The service in a process of its own, as in production. */
export interface SignalsProcess {
  readonly client: GrpcClient<typeof FraudSignalsServiceDefinition>;
  /** Since the last call of this. */
  served(): Promise<Served>;
  stop(): Promise<void>;
}

const source = fileURLToPath(new URL('../../../services/fraud-signals/src/', import.meta.url));
const clock = new URL('./stream-clock.ts', import.meta.url).href;
const startTimeoutMs = 60_000;

/** Creates schema and role. */
export async function migrateSignals(environment: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [`${source}migrate.ts`], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`migrating ended with ${code}`);
}

/** Starts the service and waits until it is ready. */
export async function startSignals(environment: Record<string, string>): Promise<SignalsProcess> {
  const child = spawn(process.execPath, ['--import', clock, `${source}main.ts`], {
    env: { ...process.env, HTTP_PORT: '0', GRPC_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const { client, close } = connectGrpc(
    FraudSignalsServiceDefinition,
    `127.0.0.1:${await readyPort(child)}`,
    { deadlineMs: 10_000 },
  );
  return {
    client,
    async served() {
      const answer = once(child, 'message');
      child.send('report');
      return (await answer)[0] as Served;
    },
    async stop() {
      close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** The gRPC port of the line with which the service says that it is ready; later lines are let go. */
function readyPort(child: ChildProcess): Promise<number> {
  const found = Promise.withResolvers<number>();
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    if (output === 'ready') return;
    output += chunk;
    const line = output.split('\n').find((text) => text.includes('"msg":"ready"'));
    if (line === undefined) return;
    output = 'ready';
    found.resolve(JSON.parse(line).grpc_port);
  });
  child.once('exit', (code) => found.reject(new Error(`the service ended with ${code} before it was ready`)));
  const timer = setTimeout(() => found.reject(new Error('the service did not start')), startTimeoutMs);
  return found.promise.finally(() => clearTimeout(timer));
}

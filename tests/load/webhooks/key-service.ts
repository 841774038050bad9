import { createHash } from 'node:crypto';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { serveGrpc } from '@selfsame/runtime/grpc';
import { createLog } from '@selfsame/runtime/log';

/** Says whom an API key belongs to: the one thing that the dispatcher asks the session service. */
export interface KeyService {
  readonly address: string;
  /** The API key of an application, which exists from now on. */
  keyOf(applicationId: string): string;
  stop(): Promise<void>;
}

export async function serveKeys(): Promise<KeyService> {
  const owners = new Map<string, string>();
  const elsewhere = async () => {
    throw new Failure('internal', 'not_here', 'The benchmark has no sessions');
  };
  const server = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log: createLog('keys', 'warn'),
    services: (services) =>
      services.add(SessionServiceDefinition, {
        async authenticateKey({ keySha256 }) {
          const applicationId = owners.get(Buffer.from(keySha256).toString('hex'));
          if (applicationId === undefined) throw new Failure('not_found', 'unknown_key', 'Unknown key');
          return { applicationId, slug: 'bench', name: 'Bench', environment: 'live', keyId: applicationId };
        },
        readSession: elsewhere,
        openSession: elsewhere,
        beginChallenge: elsewhere,
        beginAttempt: elsewhere,
        leaveSession: elsewhere,
        describeSession: elsewhere,
        forgetDevice: elsewhere,
        findApplication: elsewhere,
        exportSession: elsewhere,
        importSession: elsewhere,
      }),
  });
  return {
    address: `127.0.0.1:${server.port}`,
    keyOf(applicationId) {
      const key = `key-of-${applicationId}`;
      owners.set(createHash('sha256').update(key).digest('hex'), applicationId);
      return key;
    },
    stop: server.stop,
  };
}

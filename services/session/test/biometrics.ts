import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import type {
  BindReferenceRequest,
  BiometricsServiceImplementation,
} from '@selfsame/contracts/biometrics/v1/service';
import { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { serveGrpc } from '@selfsame/runtime/grpc';
import type { Log } from '@selfsame/runtime/log';

/** A neighbour with scripted answers, on a real gRPC server. */
export interface ScriptedBiometrics {
  readonly address: string;
  /** Subjects that count as enrolled. */
  readonly enrolled: Set<string>;
  readonly bound: Omit<BindReferenceRequest, 'image'>[];
  /** Answers of BindReference and HasTemplate from now on. */
  answer(script: { bind?: FaceProblem | Failure; has?: (vendorData: string) => boolean }): void;
  stop(): Promise<void>;
}

export async function startBiometrics(log: Log): Promise<ScriptedBiometrics> {
  const enrolled = new Set<string>();
  const bound: ScriptedBiometrics['bound'] = [];
  const usual = {
    bind: FaceProblem.UNSPECIFIED as FaceProblem | Failure,
    has: (vendorData: string) => enrolled.has(vendorData),
  };
  let script = { ...usual };
  const unused = () => {
    throw new Failure('internal', 'unused', 'Sessions never ask this.');
  };
  const implementation: BiometricsServiceImplementation = {
    verify: unused,
    analyse: unused,
    examine: unused,
    forget: unused,
    putFaceListEntry: unused,
    dropFaceListEntry: unused,
    async bindReference({ image, ...reference }) {
      if (script.bind instanceof Failure) throw script.bind;
      if (script.bind === FaceProblem.UNSPECIFIED && image.length > 0) bound.push(reference);
      return { problem: script.bind };
    },
    async hasTemplate({ subject }) {
      return { exists: script.has(subject?.vendorData ?? '') };
    },
  };
  const { port, stop } = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log,
    services: (server) => server.add(BiometricsServiceDefinition, implementation),
  });
  return {
    address: `127.0.0.1:${port}`,
    enrolled,
    bound,
    answer: (changes) => {
      script = { ...usual, ...changes };
    },
    stop,
  };
}

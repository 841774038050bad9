import { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import { connectGrpc } from '@selfsame/runtime/grpc';
import type { FaceProblem } from '../domain/features/evidence.ts';
import { readProblem } from './face-problem.ts';

/** What sessions ask of biometrics. Calls throw Failure when it is away, too busy or refuses the bytes (`invalid`). */
export interface Biometrics {
  /** Keeps a template of a portrait for one session. @returns why it will not do, null when it does */
  bindReference(reference: {
    applicationId: string;
    sessionId: string;
    image: Buffer;
    expiresAt: Date;
  }): Promise<FaceProblem | null>;
  /** Whether a face is enrolled for a subject. */
  hasTemplate(subject: { applicationId: string; vendorData: string }): Promise<boolean>;
}

/** A portrait passes through the models like a selfie, behind those that wait already. */
const bindDeadlineMs = 5_000;
const askDeadlineMs = 1_000;

/** Connects to the biometrics service at `host:port`. */
export function connectBiometrics(address: string): { biometrics: Biometrics; close(): void } {
  const { client, close } = connectGrpc(BiometricsServiceDefinition, address, { deadlineMs: askDeadlineMs });
  return {
    biometrics: {
      async bindReference(reference) {
        const { problem } = await client.bindReference(reference, { deadline: bindDeadlineMs });
        return readProblem(problem);
      },
      async hasTemplate(subject) {
        const { exists } = await client.hasTemplate({ subject });
        return exists;
      },
    },
    close,
  };
}

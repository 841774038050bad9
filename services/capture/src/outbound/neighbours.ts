import { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import { FraudSignalsServiceDefinition } from '@selfsame/contracts/fraud_signals/v1/service';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { ShareServiceDefinition } from '@selfsame/contracts/share/v1/service';
import { connectGrpc, type GrpcClient } from '@selfsame/runtime/grpc';

/** The services that answer our questions. */
export interface Neighbours {
  readonly session: GrpcClient<typeof SessionServiceDefinition>;
  readonly biometrics: GrpcClient<typeof BiometricsServiceDefinition>;
  readonly fraudSignals: GrpcClient<typeof FraudSignalsServiceDefinition>;
  readonly share: GrpcClient<typeof ShareServiceDefinition>;
  close(): void;
}

/** Ordinary questions are answered in milliseconds; a look at a face brings its own deadline. */
const deadlineMs = 2_000;
/** A picture of 5 MB, the frames of a challenge, 10 MiB in all, and what is said about them. */
const maxMessageBytes = 18 * 1024 * 1024;

/** Connects lazily: a neighbour that is away is noticed by the calls. Addresses are `host:port`. */
export function connectNeighbours(addresses: {
  session: string;
  biometrics: string;
  fraudSignals: string;
  share: string;
}): Neighbours {
  const session = connectGrpc(SessionServiceDefinition, addresses.session, { deadlineMs });
  const biometrics = connectGrpc(BiometricsServiceDefinition, addresses.biometrics, {
    deadlineMs,
    maxMessageBytes,
  });
  const fraudSignals = connectGrpc(FraudSignalsServiceDefinition, addresses.fraudSignals, { deadlineMs });
  const share = connectGrpc(ShareServiceDefinition, addresses.share, { deadlineMs });
  return {
    session: session.client,
    biometrics: biometrics.client,
    fraudSignals: fraudSignals.client,
    share: share.client,
    close() {
      session.close();
      biometrics.close();
      fraudSignals.close();
      share.close();
    },
  };
}

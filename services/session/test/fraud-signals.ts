import { RiskLevel } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type {
  AssessRequest,
  AssessResponse,
  CheckRulesRequest,
  DeepPartial,
  ForgetDevicesRequest,
  FraudSignalsServiceImplementation,
} from '@selfsame/contracts/fraud_signals/v1/service';
import { FraudSignalsServiceDefinition } from '@selfsame/contracts/fraud_signals/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { serveGrpc } from '@selfsame/runtime/grpc';
import type { Log } from '@selfsame/runtime/log';

export type WireAssessment = DeepPartial<NonNullable<AssessResponse['assessment']>>;

/** A neighbour with scripted answers, on a real gRPC server. */
export interface ScriptedFraudSignals {
  readonly address: string;
  readonly assessed: AssessRequest[];
  readonly checked: CheckRulesRequest[];
  readonly forgotten: ForgetDevicesRequest[];
  /** Answers from now on; what is not given is as usual: an ordinary visit, rules without a mistake. */
  answer(script: {
    assess?: WireAssessment | Failure | ((request: AssessRequest) => WireAssessment);
    check?: string[] | Failure;
    forget?: Failure;
  }): void;
  stop(): Promise<void>;
}

/** An ordinary visit of somebody who is new here. */
export const ordinaryVisit: WireAssessment = {
  assessmentId: '0198a000-0000-7000-8000-000000000001',
  riskScore: 4.5,
  riskLevel: RiskLevel.LOW,
  reasons: [{ signal: 'dev_age_days', weight: 4 }],
  signalsWithValue: 231,
  signalsAbsent: 40,
  signalsUnavailable: 12,
  catalogueVersion: 'test-1',
  network: { ipAddress: '203.0.113.7', country: 'Spain', countryCode: 'ES', state: 'Madrid', city: 'Madrid' },
  device: {
    fingerprint: `selfsame-fp-${'0f'.repeat(16)}`,
    browserFamily: 'Chrome',
    osFamily: 'Android',
    isProved: true,
  },
};

export async function startFraudSignals(log: Log): Promise<ScriptedFraudSignals> {
  const assessed: AssessRequest[] = [];
  const checked: CheckRulesRequest[] = [];
  const forgotten: ForgetDevicesRequest[] = [];
  type Script = Parameters<ScriptedFraudSignals['answer']>[0];
  let script: Script = {};
  const implementation: FraudSignalsServiceImplementation = {
    async assess(request) {
      assessed.push(request);
      const { assess = ordinaryVisit } = script;
      if (assess instanceof Failure) throw assess;
      return { assessment: typeof assess === 'function' ? assess(request) : assess };
    },
    async checkRules(request) {
      checked.push(request);
      const { check = [] } = script;
      if (check instanceof Failure) throw check;
      return { mistakes: check };
    },
    nameDevice: async () => ({ deviceName: '' }),
    async forgetDevices(request) {
      forgotten.push(request);
      if (script.forget) throw script.forget;
      return { forgotten: 1 };
    },
  };
  const { port, stop } = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log,
    services: (server) => server.add(FraudSignalsServiceDefinition, implementation),
  });
  return {
    address: `127.0.0.1:${port}`,
    assessed,
    checked,
    forgotten,
    answer: (changes) => {
      script = changes;
    },
    stop,
  };
}

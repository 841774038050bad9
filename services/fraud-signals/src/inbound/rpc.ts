import type { FraudSignalsServiceImplementation } from '@selfsame/contracts/fraud_signals/v1/service';
import { assess } from '../assess.ts';
import type { Context } from '../context.ts';

/** The gRPC side: proto ↔ use cases. */
export function fraudSignalsRpc(context: Context): FraudSignalsServiceImplementation {
  return {
    async assess(request) {
      return { assessment: await assess(context, request) };
    },
    async checkRules() {
      return { mistakes: [] };
    },
    async forgetDevices() {
      return { forgotten: 0 };
    },
  };
}

import type { FraudSignalsServiceImplementation } from '@selfsame/contracts/fraud_signals/v1/service';
import { deadlineOf } from '@selfsame/runtime/deadline';
import { assess } from '../assess.ts';
import type { Context } from '../context.ts';
import { checkRules } from '../domain/rules.ts';
import { deviceNameOf } from '../identity.ts';
import { forgetDevices } from '../knowledge.ts';
import { readAssessRequest, readWrittenRules } from './assess-request.ts';
import { assessmentMessage } from './assessment-message.ts';

/** The gRPC side: proto ↔ use cases. */
export function fraudSignalsRpc(context: Context): FraudSignalsServiceImplementation {
  return {
    async assess(request, { signal }) {
      const deadline = deadlineOf(signal);
      const timeMs = deadline && deadline.getTime() - Date.now();
      return { assessment: assessmentMessage(await assess(context, readAssessRequest(request), timeMs)) };
    },
    async checkRules({ rules }) {
      return { mistakes: checkRules(readWrittenRules(rules)) };
    },
    async forgetDevices(request) {
      return { forgotten: await forgetDevices(context, request) };
    },
    async nameDevice({ applicationId, keySha256 }) {
      return { deviceName: deviceNameOf(context, applicationId, Buffer.from(keySha256)) };
    },
  };
}

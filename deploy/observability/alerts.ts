import type { Alert } from './alerts/alert.ts';
import { apiAlerts } from './alerts/api.ts';
import { deliveryAlerts } from './alerts/delivery.ts';
import { driftAlerts } from './alerts/drift.ts';
import { eventAlerts } from './alerts/events.ts';
import { inferenceAlerts } from './alerts/inference.ts';
import { processAlerts } from './alerts/processes.ts';
import { verdictAlerts } from './alerts/verdict.ts';

/** Every alert, in groups, symptoms first. */
export const alertGroups: Readonly<Record<string, readonly Alert[]>> = {
  'selfsame-api': apiAlerts,
  'selfsame-verdict': verdictAlerts,
  'selfsame-delivery': deliveryAlerts,
  'selfsame-events': eventAlerts,
  'selfsame-inference': inferenceAlerts,
  'selfsame-processes': processAlerts,
  'selfsame-drift': driftAlerts,
};

/** All of them. */
export const alerts: readonly Alert[] = Object.values(alertGroups).flat();

/** A rule as Prometheus reads it. @param runbooks what the runbooks' address begins with */
export function ruleOf(alert: Alert, runbooks: string): Record<string, unknown> {
  return {
    alert: alert.name,
    expr: alert.when.expression,
    ...(alert.forMinutes === 0 ? {} : { for: `${alert.forMinutes}m` }),
    labels: { severity: alert.severity },
    annotations: {
      summary: alert.summary,
      description: alert.description,
      runbook_url: `${runbooks}/${alert.name}.md`,
    },
  };
}

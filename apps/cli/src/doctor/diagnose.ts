import { type Finding, runChecks } from './check.ts';
import { configurationChecks } from './configuration.ts';
import { databaseChecks } from './database.ts';
import type { Deployment } from './deployment.ts';
import { eventChecks } from './events.ts';
import { openLooks } from './looks.ts';
import { materialChecks } from './materials.ts';
import { reachChecks } from './reach.ts';
import { redact, secretsOf } from './redaction.ts';
import { serviceChecks } from './services.ts';

/** What a deployment is like. The schema is documented in docs/trace-and-doctor.md; names in it do not change. */
export interface Diagnosis {
  readonly schema: 'selfsame.doctor/1';
  readonly healthy: boolean;
  readonly counts: Readonly<Record<Finding['status'], number>>;
  readonly findings: readonly Finding[];
}

/**
 * Looks at everything side by side, changes nothing, and answers within half a minute whatever is down.
 *
 * @param options.destinations looks up the names of webhook receivers as well
 * @param options.now this machine's clock
 */
export async function diagnose(
  deployment: Deployment,
  options: { destinations: boolean; now?: () => Date },
): Promise<Diagnosis> {
  const looks = openLooks(deployment, options.now ?? (() => new Date()));
  const secrets = secretsOf(deployment.services.map(({ environment }) => environment));
  try {
    const found = await runChecks([
      ...configurationChecks(deployment),
      ...databaseChecks(deployment, looks),
      ...eventChecks(deployment, looks),
      ...materialChecks(deployment),
      ...serviceChecks(deployment, looks),
      ...reachChecks(deployment, looks, options),
    ]);
    const findings = found.map((finding) => ({
      ...finding,
      text: redact(finding.text, secrets),
      remedy: finding.remedy === null ? null : redact(finding.remedy, secrets),
    }));
    const count = (status: Finding['status']) => findings.filter((one) => one.status === status).length;
    const counts = {
      ok: count('ok'),
      warning: count('warning'),
      failed: count('failed'),
      skipped: count('skipped'),
    };
    return { schema: 'selfsame.doctor/1', healthy: counts.failed === 0, counts, findings };
  } finally {
    await looks.close();
  }
}

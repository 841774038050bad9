import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { ofNamespace } from '../observability/promql.ts';

/** The alerts of deploy/observability, as Prometheus itself reads them. */
const alertsFile = new URL('../observability/alerts.yaml', import.meta.url);
/** Where they are kept as the Prometheus operator takes them. */
export const renderedRulesFile = new URL('./components/monitoring/rules.yaml', import.meta.url);

/** The namespace of the overlays, unless RULES_NAMESPACE says another. */
const usualNamespace = 'selfsame';

interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly { readonly expr: string }[] }[];
}

/** The alerts as a PrometheusRule about one namespace, as YAML text. */
export function renderRules(
  namespace: string = usualNamespace,
  alerts: string = readFileSync(alertsFile, 'utf8'),
): string {
  const groups = (parse(alerts) as Rules).groups.map(({ name, rules }) => ({
    name,
    rules: rules.map((each) => ({ ...each, expr: ofNamespace(each.expr, namespace) })),
  }));
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'selfsame', labels: { 'app.kubernetes.io/part-of': 'selfsame' } },
    spec: { groups },
  };
  const head = '# Made from deploy/observability/alerts.yaml by "pnpm rules:render".\n';
  return head + stringify(rule, { lineWidth: 110 });
}

if (import.meta.main) writeFileSync(renderedRulesFile, renderRules(process.env.RULES_NAMESPACE));

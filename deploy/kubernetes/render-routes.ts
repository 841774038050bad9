import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { type Rule, readRules } from '../routes.ts';

/** Where the rendered table is kept, beside the rest of the base. */
export const renderedFile = new URL('./base/routes/http-routes.yaml', import.meta.url);

/** routes.json, but for what is local, as Gateway API HTTPRoutes, one for each service, as YAML text. */
export function renderRoutes(table: readonly Rule[] = readRules()): string {
  const rules = table.filter(({ local }) => local !== true);
  const services = [...new Set(rules.map((rule) => rule.service))];
  const routes = services.map((service) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: service },
    spec: {
      parentRefs: [{ name: 'selfsame' }],
      rules: [
        {
          matches: rules
            .filter((rule) => rule.service === service)
            .map((rule) => ({ path: pathMatch(rule) })),
          backendRefs: [{ name: `${service}-server`, port: 8080 }],
        },
      ],
    },
  }));
  const head = '# Made from deploy/routes.json by "pnpm routes:render".\n';
  return head + routes.map((route) => stringify(route)).join('---\n');
}

function pathMatch(rule: Rule): { type: string; value: string } {
  if ('exact' in rule) return { type: 'Exact', value: rule.exact };
  if ('prefix' in rule) return { type: 'PathPrefix', value: rule.prefix };
  return { type: 'RegularExpression', value: rule.pattern };
}

if (import.meta.main) writeFileSync(renderedFile, renderRoutes());

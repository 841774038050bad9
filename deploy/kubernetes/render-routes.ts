import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { type Rule, readRules } from '../routes.ts';

/** Where the rendered table is kept, beside the rest of the base. */
export const renderedFile = new URL('./base/routes/http-routes.yaml', import.meta.url);

/**
 * How long the gateway waits for an answer: the slowest is an upload by a slow phone (30 s to arrive) with the frames of a
 * challenge (8 s) and its verdict (3.5 s). Beyond it, somebody waits in vain.
 */
export const routeTimeoutSeconds = 45;
/** The live channel of a page is one request that lasts as long as the page is open. */
const livePath = '/session/[^/]+/live';

/** routes.json, but for what is local, as Gateway API HTTPRoutes, one for each service, as YAML text. */
export function renderRoutes(table: readonly Rule[] = readRules()): string {
  const rules = table.filter(({ local }) => local !== true);
  const services = [...new Set(rules.map((rule) => rule.service))];
  const routes = services.map((service) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: service },
    spec: {
      // Nothing is answered in the clear.
      parentRefs: [{ name: 'selfsame', sectionName: 'https' }],
      rules: [
        {
          matches: rules
            .filter((rule) => rule.service === service)
            .map((rule) => ({ path: pathMatch(rule) })),
          timeouts: { request: `${routeTimeoutSeconds}s` },
          backendRefs: [{ name: `${service}-server`, port: 8080 }],
        },
        ...(service === 'capture' ? [liveRule] : []),
      ],
    },
  }));
  const head = '# Made from deploy/routes.json by "pnpm routes:render".\n';
  return head + routes.map((route) => stringify(route)).join('---\n');
}

const liveRule = {
  matches: [{ path: pathMatch({ pattern: livePath, service: 'capture' }) }],
  timeouts: { request: '0s' },
  backendRefs: [{ name: 'capture-server', port: 8080 }],
};

function pathMatch(rule: Rule): { type: string; value: string } {
  if ('exact' in rule) return { type: 'Exact', value: rule.exact };
  if ('prefix' in rule) return { type: 'PathPrefix', value: rule.prefix };
  return { type: 'RegularExpression', value: rule.pattern };
}

if (import.meta.main) writeFileSync(renderedFile, renderRoutes());

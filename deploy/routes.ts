import { readFileSync } from 'node:fs';

/** One line of routes.json: which service answers the paths that match. */
export type Rule = (
  | { readonly exact: string }
  | { readonly prefix: string }
  | { readonly pattern: string }
) & {
  readonly service: string;
  /** Only on a developer's machine. */
  readonly local?: boolean;
};

/** Answers the service of a path (without its query), or undefined. */
export type Router = (path: string) => string | undefined;

/** The table of the local edge; what of it is not local is the Kubernetes gateway's, too. */
export function readRules(): Rule[] {
  const file = new URL('./routes.json', import.meta.url);
  const { rules } = JSON.parse(readFileSync(file, 'utf8')) as { rules: Rule[] };
  return rules;
}

/** An exact rule wins, then a pattern (over the whole path), then the longest prefix of whole segments. */
export function createRouter(rules: readonly Rule[]): Router {
  const exact = new Map(rules.flatMap((rule) => ('exact' in rule ? [[rule.exact, rule.service]] : [])));
  const patterns = rules.flatMap((rule) =>
    'pattern' in rule ? [{ expression: new RegExp(`^(?:${rule.pattern})$`), service: rule.service }] : [],
  );
  const prefixes = rules
    .flatMap((rule) => ('prefix' in rule ? [rule] : []))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return (path) =>
    exact.get(path) ??
    patterns.find(({ expression }) => expression.test(path))?.service ??
    prefixes.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))?.service;
}

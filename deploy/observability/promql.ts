/** What a query looks at: which series, over how long, and by which labels it tells them apart. */
export interface Scope {
  /** Label matchers, as in `status=~"5.."`. */
  readonly where?: string;
  /** As in `5m`, with `offset 1d` behind it where the past is meant. */
  readonly over?: string;
  readonly by?: readonly string[];
}

/** Grafana's own: wide enough for the scrape interval and the zoom. */
const panelWindow = '$__rate_interval';

/** How often a counter rises in a second. */
export function perSecond(counter: string, { where = '', over = panelWindow, by = [] }: Scope = {}): string {
  return `sum${grouping(by)}(rate(${counter}${matchers(where)}${range(over)}))`;
}

/** How much a counter has risen. */
export function rise(counter: string, { where = '', over = panelWindow, by = [] }: Scope = {}): string {
  return `sum${grouping(by)}(increase(${counter}${matchers(where)}${range(over)}))`;
}

/** The value that so many of a histogram's observations stay below. */
export function quantile(share: number, histogram: string, scope: Scope = {}): string {
  const by = ['le', ...(scope.by ?? [])];
  return `histogram_quantile(${share}, ${perSecond(`${histogram}_bucket`, { ...scope, by })})`;
}

/** The mean of a histogram's observations. */
export function mean(histogram: string, scope: Scope = {}): string {
  return `${perSecond(`${histogram}_sum`, scope)} / ${perSecond(`${histogram}_count`, scope)}`;
}

/** Which part of `counter` (its matchers `where`) is also `part`: 0 to 1. Nothing of the part is 0, nothing at all is nothing. */
export function share(counter: string, part: string, scope: Scope = {}): string {
  const where = [scope.where, part].filter(Boolean).join(',');
  const whole = perSecond(counter, scope);
  return `(${perSecond(counter, { ...scope, where })} or 0 * ${whole}) / ${whole}`;
}

/** A gauge of several replicas as one number. */
export function gauge(
  name: string,
  { where = '', by = [], take = 'sum' }: Scope & { take?: 'sum' | 'max' } = {},
): string {
  return `${take}${grouping(by)}(${name}${matchers(where)})`;
}

function grouping(by: readonly string[]): string {
  return by.length === 0 ? ' ' : ` by (${by.join(', ')}) `;
}

function matchers(where: string): string {
  return where === '' ? '' : `{${where}}`;
}

function range(over: string): string {
  const [window = over, ...offset] = over.split(' ');
  return [`[${window}]`, ...offset].join(' ');
}

/** A metric of ours, or of the process that it is of, with what it asks for; `up` only where it asks for something. */
const selector = /\b((?:selfsame|process|nodejs)_\w+|up(?=\{))(\{(?:namespace="[^"]*",?)?)?/g;

/** Each series of an expression, of that namespace alone: a Prometheus often sees more than one installation. */
export function ofNamespace(expression: string, namespace: string): string {
  return expression.replace(selector, (_, name: string, opening: string | undefined, at: number) => {
    const closes = opening === undefined || expression[at + name.length + opening.length] === '}';
    const matcher = `${name}{namespace="${namespace}"`;
    if (opening === undefined) return `${matcher}}`;
    return closes ? matcher : `${matcher},`;
  });
}

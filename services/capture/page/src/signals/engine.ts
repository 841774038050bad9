import { digestOf } from './digest.ts';
import { type Found, orNull, type Part } from './part.ts';

/** Which engine runs this, by its ways rather than by its name. */
export const engine: Part = {
  patienceMs: 200,
  read(): Found {
    // biome-ignore lint/security/noGlobalEval: it is only looked at, never called
    const source = orNull(() => String(globalThis.eval));
    return {
      null_error: orNull(nullError),
      stack_sign: orNull(() =>
        /(?:^|\n)\s*(at )|(@)/
          .exec(new Error('where').stack ?? '')
          ?.slice(1)
          .join(''),
      ),
      eval_length: source?.length ?? null,
      math_digest: digestOf(reckoned().join()),
      features: Object.entries(features).flatMap(([name, test]) => (orNull(test) === true ? [name] : [])),
    };
  },
};

function nullError(): string | null {
  try {
    return String((null as unknown as { part: string }).part);
  } catch (error) {
    return error instanceof Error ? error.message : null;
  }
}

/** Results in whose last digits engines and processors differ. */
function reckoned(): number[] {
  const { acosh, asinh, atanh, cbrt, cos, cosh, exp, expm1, log1p, pow, sin, sinh, tan, tanh, PI } = Math;
  return [
    ...[acosh(1e154), asinh(1), atanh(0.5), cbrt(100), cos(1e300), cosh(10), exp(1), expm1(1)],
    ...[log1p(10), pow(PI, -100), sin(-1e300), sinh(1), tan(-1e300), tanh(0.123), cos(0.3), sin(39 * PI)],
  ];
}

const has = (owner: unknown, name: string) =>
  typeof (owner as Record<string, unknown>)?.[name] === 'function';
const hasGlobal = (name: string) => name in globalThis;
const css = (condition: string) => CSS.supports(condition);

/** What came to browsers one after the other. When it came to which, the service knows. */
const features: Readonly<Record<string, () => boolean>> = {
  find_last: () => has(Array.prototype, 'findLast'),
  structured_clone: () => hasGlobal('structuredClone'),
  css_has: () => css('selector(:has(a))'),
  to_sorted: () => has(Array.prototype, 'toSorted'),
  css_nesting: () => css('selector(&)'),
  popover: () => 'popover' in HTMLElement.prototype,
  can_parse: () => has(URL, 'canParse'),
  group_by: () => has(Object, 'groupBy'),
  with_resolvers: () => has(Promise, 'withResolvers'),
  from_async: () => has(Array, 'fromAsync'),
  set_union: () => has(Set.prototype, 'union'),
  iterator_map: () => hasGlobal('Iterator'),
  duration_format: () => has(Intl, 'DurationFormat'),
  promise_try: () => has(Promise, 'try'),
  url_parse: () => has(URL, 'parse'),
  regexp_escape: () => has(RegExp, 'escape'),
  float16: () => hasGlobal('Float16Array'),
  from_base64: () => has(Uint8Array, 'fromBase64'),
  disposable: () => hasGlobal('DisposableStack'),
  get_or_insert: () => has(Map.prototype, 'getOrInsert'),
  view_transition: () => has(document, 'startViewTransition'),
  anchor_name: () => css('anchor-name: --a'),
  text_balance: () => css('text-wrap: balance'),
  temporal: () => hasGlobal('Temporal'),
};

import type { Agent } from '../user-agent.ts';

/** Script engines, by the names of those who made them. */
export type Engine = 'v8' | 'spidermonkey' | 'javascriptcore';

/** The engine behind a message about reading a part of null, and the sign in its stacks; null: none that is known. */
export function engineOf(message: string | null, sign: string | null): Engine | null {
  if (message === null || sign === null) return null;
  if (/^Cannot read propert/.test(message) && sign === 'at ') return 'v8';
  if (sign !== '@') return null;
  if (/^null is not an object/.test(message)) return 'javascriptcore';
  return /\bis null$|^can't access property/.test(message) ? 'spidermonkey' : null;
}

/** The engine that a browser of this name must have; null: it names none. */
export function engineClaimed({ engine }: Agent): Engine | null {
  const engines = { chromium: 'v8', firefox: 'spidermonkey', webkit: 'javascriptcore' } as const;
  return engine === 'unknown' ? null : engines[engine];
}

const trains = { v8: 'chromium', spidermonkey: 'firefox', javascriptcore: 'safari' } as const;

/** When it came to each engine, by the major version of its browser; 0: it has not come, or nobody is sure. */
interface Feature {
  readonly v8: number;
  readonly spidermonkey: number;
  readonly javascriptcore: number;
  /** Part of the script language itself: embedded views have it, too, and no setting switches it off. */
  readonly isLanguage: boolean;
}

const language = (v8: number, spidermonkey: number, javascriptcore: number): Feature => ({
  ...{ v8, spidermonkey, javascriptcore },
  isLanguage: true,
});
const platform = (v8: number, spidermonkey: number, javascriptcore: number): Feature => ({
  ...{ v8, spidermonkey, javascriptcore },
  isLanguage: false,
});

/** By the names under which the page tells of them. From the compatibility tables of the browsers' makers. */
const features: Readonly<Record<string, Feature>> = {
  find_last: language(97, 104, 15),
  structured_clone: platform(98, 94, 15),
  css_has: platform(105, 121, 15),
  to_sorted: language(110, 115, 16),
  css_nesting: platform(112, 117, 16),
  popover: platform(114, 125, 17),
  text_balance: platform(114, 121, 17),
  view_transition: platform(111, 144, 18),
  group_by: language(117, 119, 17),
  with_resolvers: language(119, 121, 17),
  can_parse: platform(120, 115, 17),
  from_async: language(121, 115, 16),
  set_union: language(122, 127, 17),
  iterator_map: language(122, 131, 18),
  anchor_name: platform(125, 0, 26),
  url_parse: platform(126, 126, 18),
  promise_try: language(128, 134, 18),
  duration_format: language(129, 136, 16),
  disposable: language(134, 141, 0),
  float16: language(135, 129, 18),
  regexp_escape: language(136, 134, 18),
  from_base64: language(140, 133, 18),
  temporal: language(144, 139, 0),
  get_or_insert: language(145, 144, 26),
};

/** The version that has all of these; null: nothing is known of the engine, or none of them is there. */
export function featureVersion(found: readonly string[] | null, engine: Engine | null): number | null {
  if (found === null || engine === null) return null;
  const versions = found.map((name) => features[name]?.[engine] ?? 0);
  const least = Math.max(0, ...versions);
  return least === 0 ? null : least;
}

/**
 * Whether a browser has two things at least that its version has not, or lacks two of the language that it has. Browsers
 * count in versions of their own: who does not name that of its engine cannot be compared (null).
 */
export function contradictsVersion(
  found: readonly string[] | null,
  engine: Engine | null,
  { release }: Agent,
): boolean | null {
  if (found === null || engine === null || release === null || release.train !== trains[engine]) return null;
  const { major } = release;
  const known = Object.entries(features).filter(([, feature]) => feature[engine] > 0);
  const early = known.filter(([name, feature]) => found.includes(name) && feature[engine] > major + 1);
  const lacking = known.filter(
    ([name, feature]) => feature.isLanguage && !found.includes(name) && feature[engine] < major - 1,
  );
  return early.length >= 2 || lacking.length >= 2;
}

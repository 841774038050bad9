/** Headers as a framework hands them over: a Headers object, or Node's plain object with names in any case. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

/** Looks a header up by its lower-case name; undefined when it is missing or empty. */
export type Lookup = (name: string) => string | undefined;

/** One way to look headers up, whatever they came in. */
export function headerLookup(headers: WebhookHeaders): Lookup {
  if (isHeadersObject(headers)) return (name) => headers.get(name) || undefined;
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    // A header that stands there twice is nobody's of ours; joined, it fits no format.
    const text = typeof value === 'string' ? value : value?.join(', ');
    if (text) values.set(name.toLowerCase(), text);
  }
  return (name) => values.get(name);
}

function isHeadersObject(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function';
}

/** What was asked for lately, `limit` things at most: the one not asked for longest gives way. */
export function createRecent<Value>(limit: number): (name: string, make: () => Value) => Value {
  const kept = new Map<string, Value>();
  return (name, make) => {
    const found = kept.get(name);
    const value = found ?? make();
    kept.delete(name);
    kept.set(name, value);
    if (kept.size > limit) {
      for (const oldest of kept.keys()) {
        kept.delete(oldest);
        break;
      }
    }
    return value;
  };
}

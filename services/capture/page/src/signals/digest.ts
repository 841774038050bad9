/**
 * A short name for a long text: 32 hexadecimal digits, the same in every browser. Not made against forgers, who may say what
 * they like anyway; made at once and without secure contexts.
 */
export function digestOf(text: string): string {
  return [0x9747b28c, 0x3c6ef372, 0x510e527f, 0x1f83d9ab].map((seed) => mix(text, seed)).join('');
}

/** MurmurHash3, 32 bits over UTF-16 units, as 8 hexadecimal digits. */
function mix(text: string, seed: number): string {
  let hash = seed;
  for (let at = 0; at < text.length; at++) {
    let unit = Math.imul(text.charCodeAt(at), 0xcc9e2d51);
    unit = (unit << 15) | (unit >>> 17);
    hash ^= Math.imul(unit, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0');
}

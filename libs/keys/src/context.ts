/**
 * One unambiguous text of parts: each is preceded by its length, so that ['ab', 'c'] and ['a', 'bc'] differ. It is what is
 * authenticated beside a value that is sealed.
 */
export function encodeParts(parts: readonly string[]): Buffer {
  const pieces = [length(parts.length)];
  for (const part of parts) {
    const bytes = Buffer.from(part, 'utf8');
    pieces.push(length(bytes.length), bytes);
  }
  return Buffer.concat(pieces);
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

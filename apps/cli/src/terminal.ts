/** How lines are written: wide terminals and pipes get the same text. */
export const columns = 100;

export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';
/** Colours a piece of text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

const codes: Readonly<Record<Colour, readonly [number, number]>> = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** Colours on a terminal alone, and nowhere when NO_COLOR is set to anything (https://no-color.org). */
export function paintFor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): Paint {
  const isColoured = stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
  if (!isColoured) return (_, text) => text;
  return (colour, text) => {
    const [on, off] = codes[colour];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}

/**
 * Breaks text at spaces into lines of `width` at most; a word that is longer is cut. Spaces before the text stay, and further
 * lines begin with them and `hang`.
 */
export function wrap(text: string, width: number, hang = ''): string[] {
  const indent = /^ */.exec(text)?.[0] ?? '';
  const further = indent + hang;
  const words = printable(text.trim())
    .split(' ')
    .flatMap((word) => pieces(word, width - further.length));
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = further;
      isEmpty = true;
    }
    line = isEmpty ? line + word : `${line} ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/** What applications have named may hold anything, also what a terminal would take for a command. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '�');
}

function pieces(word: string, width: number): string[] {
  if (word.length <= width) return [word];
  return Array.from({ length: Math.ceil(word.length / width) }, (_, index) =>
    word.slice(index * width, (index + 1) * width),
  );
}

/** `12 ms`, `3.21 s`, `4 min 2 s`, `3 h 5 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const abs = Math.abs(ms);
  if (abs < 1_000) return `${sign}${Math.round(abs)} ms`;
  const seconds = Math.round(abs / 1_000);
  if (abs < 60_000) return `${sign}${(abs / 1_000).toFixed(2)} s`;
  if (seconds < 3_600) return `${sign}${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${sign}${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${sign}${Math.floor(hours / 24)} d ${hours % 24} h`;
}

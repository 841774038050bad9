import { installedFonts } from './fonts.ts';
import { answersOf } from './realm-answers.ts';
import { describeWebgl } from './webgl-names.ts';

/** What a worker tells. null: it has no such thing. */
export interface WorkerReport {
  readonly answers: Readonly<Record<string, string>>;
  readonly renderer: string | null;
  readonly fonts: string[] | null;
}

addEventListener('message', () => {
  void report().then((told) => postMessage(told));
});

async function report(): Promise<WorkerReport> {
  return { answers: answersOf(globalThis), renderer: renderer(), fonts: await fonts() };
}

function renderer(): string | null {
  try {
    const gl = new OffscreenCanvas(1, 1).getContext('webgl');
    return gl === null ? null : describeWebgl(gl).renderer;
  } catch {
    return null;
  }
}

async function fonts(): Promise<string[] | null> {
  try {
    const ruler = new OffscreenCanvas(1, 1).getContext('2d');
    return ruler === null ? null : await installedFonts(ruler, async () => undefined);
  } catch {
    return null;
  }
}

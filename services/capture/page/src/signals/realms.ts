import { within } from '../within.ts';
import { idle } from './collector.ts';
import { patchedFunctions } from './driver.ts';
import { installedFonts } from './fonts.ts';
import { type Found, orNull, type Part } from './part.ts';
import { answersOf } from './realm-answers.ts';
import type { WorkerReport } from './realm-worker.ts';

/** Names of the answers that differ from the page's own. */
function differences(other: Readonly<Record<string, string>>): string[] {
  const own = answersOf(globalThis);
  return Object.keys(own).filter((name) => other[name] !== undefined && other[name] !== own[name]);
}

/**
 * A fresh window of the page's own: nothing in it has been changed by a script that changed the page. Gone when `use` is
 * done. @returns null where the browser gives none
 */
function inFreshWindow<T>(use: (fresh: Window & typeof globalThis) => T): T | null {
  const frame = document.createElement('iframe');
  frame.setAttribute('aria-hidden', 'true');
  frame.tabIndex = -1;
  Object.assign(frame.style, { position: 'fixed', width: '1px', height: '1px', left: '-9px', border: '0' });
  document.body.append(frame);
  try {
    const fresh = frame.contentWindow as (Window & typeof globalThis) | null;
    return fresh === null ? null : use(fresh);
  } finally {
    frame.remove();
  }
}

/** The same questions in a fresh frame, and whether the page's own functions are still the browser's. */
export const freshFrame: Part = {
  patienceMs: 200,
  read(): Found {
    const found = inFreshWindow((fresh) => ({
      frame_differences: [
        ...differences(answersOf(fresh)),
        ...(fresh.navigator.webdriver === navigator.webdriver ? [] : ['webdriver']),
        ...(fresh.screen.width === screen.width ? [] : ['screen']),
      ],
      // The page's own way of asking may have been changed, too.
      patched_functions: patchedFunctions(fresh.Function.prototype.toString),
    }));
    return { frame_differences: null, ...found };
  },
};

/** The same questions in a worker, and what takes time: the graphics card's name there, and the fonts. */
export const worker: Part = {
  patienceMs: 1_200,
  async read(): Promise<Found> {
    const report = await within(askWorker(), 1_000);
    if (report === undefined) return { fonts: await fontsHere() };
    return {
      worker_differences: differences(report.answers),
      webgl_worker_renderer: report.renderer,
      fonts: report.fonts ?? (await fontsHere()),
    };
  },
};

function askWorker(): Promise<WorkerReport> {
  return new Promise((resolve, reject) => {
    const asked = new Worker(new URL('./realm-worker.ts', import.meta.url));
    const end = () => asked.terminate();
    // Whoever waits has given up by then.
    const timer = setTimeout(end, 3_000);
    asked.onmessage = ({ data }: MessageEvent<WorkerReport>) => {
      clearTimeout(timer);
      end();
      resolve(data);
    };
    asked.onerror = (event) => {
      event.preventDefault?.();
      clearTimeout(timer);
      end();
      reject(new Error('no worker'));
    };
    asked.postMessage('report');
  });
}

/** Where no worker can measure letters, the page does, some at a time. */
async function fontsHere(): Promise<string[] | undefined> {
  const ruler = orNull(() => document.createElement('canvas').getContext('2d'));
  return ruler === null ? undefined : installedFonts(ruler, idle);
}

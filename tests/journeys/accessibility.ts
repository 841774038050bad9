import axe from 'axe-core';
import type { BrowserContext } from 'playwright-core';

/** What axe found on one screen of the hosted page. */
export interface ScreenReport {
  /** The screen's heading. */
  readonly screen: string;
  /** One line for every finding: rule, element, what is wrong. */
  readonly findings: readonly string[];
}

/** The rules of WCAG 2.0, 2.1 and 2.2, levels A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Has axe look at every screen that pages of this context show, each once. @returns the growing list of reports */
export async function watchScreens(context: BrowserContext): Promise<ScreenReport[]> {
  const reports: ScreenReport[] = [];
  await context.exposeBinding('reportScreen', (_source, report: ScreenReport) => void reports.push(report));
  await context.addInitScript({ content: axe.source });
  await context.addInitScript(watchInPage, RULES);
  return reports;
}

/** Runs in every frame before the page's code. */
function watchInPage(rules: string[]): void {
  const page = window as unknown as { axe: typeof axe; reportScreen(report: ScreenReport): void };
  let seen = '';
  let looking = false;

  /** The heading names the screen; nothing is looked at while it moves, or while a challenge is timed. */
  function screenNow(): string {
    const isTimed = document.querySelector('[data-colour], [data-pose]') !== null;
    const isMoving = document
      .getAnimations()
      .some(
        ({ playState, effect }) =>
          playState === 'running' && effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY,
      );
    if (isTimed || isMoving || document.getElementById('page') === null) return '';
    return document.querySelector('h1')?.textContent ?? '';
  }

  async function look(): Promise<void> {
    const screen = screenNow();
    if (looking || screen === '' || screen === seen) return;
    [looking, seen] = [true, screen];
    try {
      const { violations } = await page.axe.run(document, { runOnly: rules, resultTypes: ['violations'] });
      const findings = violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ html }) => `${id}: ${html.slice(0, 200)} (${help})`),
      );
      // A screen that went away meanwhile was not looked at as a whole.
      if (findings.length === 0 || screenNow() === screen) page.reportScreen({ screen, findings });
      else seen = '';
    } finally {
      looking = false;
    }
  }
  setInterval(() => void look(), 100);
}

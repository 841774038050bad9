import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import { Failure } from '@selfsame/runtime/errors';
import { openBrowser } from '@selfsame/testing/browser';
import type { BrowserContext, Page } from 'playwright-core';
import { buildPage, centredFace, goodEvidence, startWorld, type World } from './harness.ts';

/** Takes a picture of every state of the page: `node test/screens.ts <directory> [state…]`. For people to look at. */

interface Screen {
  readonly name: string;
  /** What the neighbours will say. */
  readonly script?: (world: World) => void;
  /** Runs in the browser before the page does. */
  readonly before?: (page: Page) => Promise<unknown>;
  /** Brings the page to the state. */
  readonly drive?: (page: Page, context: BrowserContext, world: World) => Promise<unknown>;
}

const agree = (page: Page) => page.locator('button.primary').click();
const stage = async (page: Page) => {
  await agree(page);
  await page.locator('.shutter:enabled').waitFor();
};
const until = (page: Page, selector: string) => page.locator(selector).waitFor();
const never = () => new Promise<never>(() => undefined);
const failCamera = (name: string) => (page: Page) =>
  page.addInitScript((error) => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', error));
  }, name);
const trouble = (name: string, error: string): Screen => ({
  name: `trouble-${name}`,
  before: failCamera(error),
  drive: async (page) => {
    await agree(page);
    await until(page, '.symbol.warn');
  },
});
const hint = (name: string, answer: Partial<typeof centredFace>): Screen => ({
  name: `hint-${name}`,
  script: (world) => {
    world.script.analyse = () => ({ ...centredFace, ...answer });
  },
  drive: async (page) => {
    await stage(page);
    await page.waitForTimeout(1_800);
  },
});
const verdict = (status: string, changes: Parameters<World['renew']>[0] = {}, suffix = ''): Screen => ({
  name: `verdict-${status.toLowerCase().replace(' ', '-')}${suffix}`,
  script: (world) => {
    world.renew(changes);
    world.script.decide = () => status;
  },
  drive: async (page) => {
    await stage(page);
    await until(page, '.notice');
    await page.waitForTimeout(900);
  },
});

const screens: Screen[] = [
  { name: 'welcome-match' },
  { name: 'welcome-enrol', script: (world) => void world.renew({ matches: false, enrols: true }) },
  { name: 'welcome-check', script: (world) => void world.renew({ matches: false, callback: '' }) },
  {
    name: 'asking',
    before: (page) =>
      page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined);
      }),
    drive: agree,
  },
  trouble('refused', 'NotAllowedError'),
  trouble('absent', 'NotFoundError'),
  trouble('in-use', 'NotReadableError'),
  hint('position', { faceCount: 0, box: undefined }),
  hint('closer', { box: { left: 0.42, top: 0.4, width: 0.12, height: 0.2 } }),
  hint('centre', { box: { left: 0.05, top: 0.2, width: 0.36, height: 0.56 } }),
  hint('light', { luminance: 8 }),
  hint('alone', { faceCount: 2 }),
  {
    name: 'hint-good',
    drive: async (page) => {
      await stage(page);
      await until(page, '.stage.good');
      await page.waitForTimeout(350);
    },
  },
  {
    name: 'hint-manual',
    script: (world) => {
      world.script.analyse = () => {
        throw new Failure('exhausted', 'queue_full', 'busy');
      };
    },
    drive: async (page) => {
      await stage(page);
      await page.locator('.shutter.urged').waitFor();
      await page.waitForTimeout(1_200);
    },
  },
  {
    name: 'sending',
    script: (world) => {
      world.script.verify = never;
    },
    drive: async (page) => {
      await stage(page);
      await until(page, '.ring.turning');
      await page.waitForTimeout(700);
    },
  },
  {
    name: 'link-lost',
    drive: async (page, context) => {
      await stage(page);
      await context.setOffline(true);
      await page.locator('.shutter').click();
      await until(page, '.hint .lost');
    },
  },
  ...Object.values(FaceProblem)
    .filter((problem) => problem === FaceProblem.TOO_DARK || problem === FaceProblem.NO_FACE)
    .map(
      (problem): Screen => ({
        name: `again-${problem.toLowerCase().replace('face_problem_', '')}`,
        script: (world) => {
          world.script.verify = () => goodEvidence({ problem });
        },
        drive: async (page) => {
          await stage(page);
          await until(page, '.notice');
          await page.waitForTimeout(600);
        },
      }),
    ),
  {
    name: 'locked',
    script: (world) => {
      world.script.lock = { until: new Date(Date.now() + 1_800_000), isSubject: true };
    },
  },
  {
    name: 'deciding',
    script: (world) => {
      world.script.decide = () => null;
    },
    drive: async (page) => {
      await stage(page);
      await until(page, '.symbol.busy');
      await page.waitForTimeout(600);
    },
  },
  verdict('Approved'),
  verdict('Approved', { matches: false, enrols: true }, '-enrolled'),
  verdict('In Review'),
  verdict('Declined'),
  verdict('Approved', { callback: '' }, '-no-callback'),
  { name: 'finished', script: (world) => void world.renew({ status: 'Approved' }) },
  {
    name: 'left',
    drive: async (page) => {
      await page.locator('header button').click();
      await page.waitForTimeout(600);
    },
  },
  { name: 'expired', script: (world) => void world.renew({ status: 'Expired' }) },
  { name: 'unknown' },
  {
    name: 'unavailable',
    script: (world) => {
      world.script.sessionDown = new Failure('unavailable', 'down', 'down');
    },
  },
];

const looks = [
  { name: 'phone-light', width: 360, height: 640, colorScheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark' },
  { name: 'desktop-light', width: 1280, height: 800, colorScheme: 'light' },
  { name: 'desktop-dark', width: 1280, height: 800, colorScheme: 'dark' },
] as const;

const [directory = 'screens', ...wanted] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
const built = await buildPage();
const world = await startWorld(built.directory, { verdictWaitMs: 500 });
const browser = await openBrowser();
try {
  for (const look of looks.filter(
    ({ name }) => wanted.length === 0 || wanted.some((w) => !w.startsWith('@') || w === `@${name}`),
  )) {
    const chosen = wanted.filter((name) => !name.startsWith('@'));
    for (const screen of screens.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
      await shoot(look, screen);
    }
  }
} finally {
  await browser.close();
  await world.stop();
  built.remove();
}

async function shoot(look: (typeof looks)[number], screen: Screen): Promise<void> {
  world.renew();
  screen.script?.(world);
  const token = screen.name === 'unknown' ? 'no-such-token' : world.token;
  const language = process.env.SCREENS_LANGUAGE;
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    deviceScaleFactor: 2,
    colorScheme: look.colorScheme,
    permissions: ['camera'],
  });
  const page = await context.newPage();
  await screen.before?.(page);
  await page.goto(`${world.url}${language === undefined ? '' : `/${language}`}/session/${token}`);
  await page.locator('h1').waitFor({ state: 'attached' });
  try {
    await screen.drive?.(page, context, world);
    await page.waitForTimeout(screen.drive === undefined ? 700 : 50);
  } catch (error) {
    process.stderr.write(`${look.name} ${screen.name}: ${String(error).slice(0, 200)}\n`);
  }
  await page.screenshot({ path: join(directory, `${screen.name}--${look.name}.png`) });
  await context.close();
}

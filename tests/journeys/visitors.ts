import { openBrowser } from '@selfsame/testing/browser';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { type CameraSwitch, installCamera, type Performance } from '../capture-cameras/camera-script.ts';
import { type ScreenReport, watchScreens } from './accessibility.ts';

/** Somebody with a browser and a camera. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What axe found on every screen so far. */
  readonly screens: readonly ScreenReport[];
  /** The button with this name. */
  press(name: RegExp): Promise<void>;
  /** Waits for the screen with this heading. */
  sees(heading: RegExp): Promise<void>;
  /** Bodies of everything the page has uploaded, in order. */
  uploads(): Promise<Buffer[]>;
  /** The camera is unplugged; only one of `tests/capture-cameras`. */
  loseCamera(): Promise<void>;
}

export interface VisitorOptions extends BrowserContextOptions {
  /** Stands before the camera; default: the browser's video. */
  readonly performance?: Performance;
  /** What the browser answers in the place of a camera: the name of its error. */
  readonly cameraError?: string;
}

/** Visitors of one browser with one video as its camera. */
export interface Visitors {
  arrive(url: string, options?: VisitorOptions): Promise<Visitor>;
  /** What axe found on any screen of any visitor, and how many screens it saw. */
  findings(): { readonly screens: number; readonly findings: readonly string[] };
  close(): Promise<void>;
}

/** A phone in the hand, in English. */
const PHONE: BrowserContextOptions = {
  locale: 'en-GB',
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

/** @param video of `faces/video`, without its ending */
export async function openVisitors(video = 'genuine_p01'): Promise<Visitors> {
  const browser: Browser = await openBrowser(video);
  const reports: ScreenReport[][] = [];

  async function arrive(url: string, { performance, cameraError, ...options }: VisitorOptions = {}) {
    const context = await browser.newContext({ ...PHONE, ...options });
    const screens = await watchScreens(context);
    reports.push(screens);
    if (performance !== undefined) await context.addInitScript(installCamera, performance);
    if (cameraError !== undefined) {
      await context.addInitScript((name) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name));
      }, cameraError);
    }
    await context.addInitScript(keepUploads);
    const page = await context.newPage();
    await page.goto(url);
    return visitor(context, page, screens);
  }

  return {
    arrive,
    findings: () => ({
      screens: reports.flat().length,
      findings: reports.flat().flatMap(({ screen, findings }) => findings.map((one) => `${screen}: ${one}`)),
    }),
    close: () => browser.close(),
  };
}

function visitor(context: BrowserContext, page: Page, screens: readonly ScreenReport[]): Visitor {
  return {
    context,
    page,
    screens,
    press: (name) => page.getByRole('button', { name }).first().click({ timeout: 15_000 }),
    sees: (heading) => page.getByRole('heading', { name: heading }).first().waitFor({ timeout: 20_000 }),
    uploads: async () => {
      const texts = await page.evaluate(() =>
        Promise.all(
          (window as unknown as { uploads: Blob[] }).uploads.map(async (blob) => {
            const bytes = new Uint8Array(await blob.arrayBuffer());
            return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
          }),
        ),
      );
      return texts.map((text) => Buffer.from(text, 'base64'));
    },
    loseCamera: () =>
      page.evaluate(() => (window as unknown as { selfsameCamera: CameraSwitch }).selfsameCamera.takeAway()),
  };
}

/** Runs in the page before its code. The browser does not tell a test what is in a blob that it sends. */
function keepUploads(): void {
  const uploads: Blob[] = [];
  Object.defineProperty(window, 'uploads', { value: uploads });
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function keep(body) {
    if (body instanceof Blob) uploads.push(body);
    send.call(this, body);
  };
}

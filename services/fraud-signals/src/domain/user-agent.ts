import bowser from 'bowser';
import { isbot } from 'isbot';

export type BrowserEngine = 'chromium' | 'firefox' | 'webkit' | 'unknown';
export type DeviceClass = 'phone' | 'tablet' | 'desktop' | 'tv' | 'bot' | 'other';
/** Whose versions a browser counts in. */
export type ReleaseTrain = 'chromium' | 'firefox' | 'safari';

/** What a User-Agent header says of its client. Everything in it can be made up. */
export interface Agent {
  /** Chrome, Firefox, Safari, Microsoft Edge, ...; empty: it names no browser. */
  readonly browserFamily: string;
  readonly browserMajor: number | null;
  /** Windows, macOS, iOS, Android, Linux, Chrome OS, ...; empty: it names none. */
  readonly osFamily: string;
  /** Empty where it is not told. */
  readonly osVersion: string;
  readonly deviceClass: DeviceClass;
  /** Apple, Samsung, ...; empty: not told. */
  readonly brand: string;
  /** iPhone, SM-S918B, ...; empty: not told. */
  readonly model: string;
  readonly engine: BrowserEngine;
  /** The number by which its age is known: that of its engine where the browser counts otherwise. Null: not told. */
  readonly release: { readonly train: ReleaseTrain; readonly major: number } | null;
  readonly isBot: boolean;
  readonly isWebView: boolean;
}

/** Longer ones are nobody's browser; what is behind it is not read. */
const readLength = 1_024;
const rememberedMax = 1_000;
const remembered = new Map<string, Agent>();

/** Reads a User-Agent header. Remembers the latest thousand: sessions of one place are much alike. */
export function agentOf(userAgent: string): Agent {
  const text = userAgent.slice(0, readLength);
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const agent = read(text);
  remembered.set(text, agent);
  if (remembered.size > rememberedMax) remembered.delete(remembered.keys().next().value ?? '');
  return agent;
}

const headless = /headless|phantomjs|slimerjs|electron\/|puppeteer|playwright|selenium|webdriver|cypress/i;

/** Whether it names a browser without a window, or a program that drives one. */
export const hasHeadlessToken = (userAgent: string) => headless.test(userAgent);

function read(text: string): Agent {
  const { browser, os, platform } = bowser.parse(text || 'none');
  const osFamily = os.name ?? '';
  const isBot = isbot(text);
  const engine = engineOf(text, osFamily);
  return {
    browserFamily: browser.name ?? '',
    browserMajor: majorIn(browser.version),
    osFamily,
    osVersion: (os.version ?? '').replace(/^NT /, ''),
    deviceClass: isBot
      ? 'bot'
      : (classes[platform.type ?? ''] ?? (isDesktop(osFamily) ? 'desktop' : 'other')),
    brand: brandOf(text, platform.vendor ?? ''),
    model: platform.model ?? androidModel(text),
    engine,
    release: releaseOf(text, engine),
    isBot,
    isWebView: isWebView(text),
  };
}

const classes: Readonly<Record<string, DeviceClass>> = {
  mobile: 'phone',
  tablet: 'tablet',
  desktop: 'desktop',
  tv: 'tv',
  bot: 'bot',
};

const isDesktop = (osFamily: string) => ['Windows', 'macOS', 'Linux', 'Chrome OS'].includes(osFamily);

/** Every browser of an iPhone is WebKit, whatever it is called. */
function engineOf(text: string, osFamily: string): BrowserEngine {
  if (osFamily === 'iOS') return 'webkit';
  if (/\b(Headless)?Chrom(e|ium)\/\d/.test(text)) return 'chromium';
  if (/\bGecko\/\d+.* Firefox\/\d/.test(text)) return 'firefox';
  return /\bAppleWebKit\/\d.* Safari\/\d/.test(text) ? 'webkit' : 'unknown';
}

function releaseOf(text: string, engine: BrowserEngine): Agent['release'] {
  const trains: readonly [ReleaseTrain, RegExp][] =
    engine === 'webkit'
      ? [
          ['chromium', /\bCriOS\/(\d+)/],
          ['firefox', /\bFxiOS\/(\d+)/],
          ['safari', /\bVersion\/(\d+)/],
        ]
      : [
          ['chromium', /\b(?:Headless)?Chrom(?:e|ium)\/(\d+)/],
          ['firefox', /\bFirefox\/(\d+)/],
        ];
  for (const [train, pattern] of trains) {
    const major = majorIn(pattern.exec(text)?.[1]);
    if (major !== null) return { train, major };
  }
  return null;
}

/** In-app views of Android and of iOS, where Safari's own name is missing. */
function isWebView(text: string): boolean {
  if (/; wv\)|\bFBA[NV]\/|\bInstagram\b|\bLine\/\d|\bMicroMessenger\//.test(text)) return true;
  return /\((iPhone|iPad|iPod)/.test(text) && /AppleWebKit/.test(text) && !/Safari\/\d/.test(text);
}

function brandOf(text: string, vendor: string): string {
  if (vendor !== '') return vendor;
  if (/\bSAMSUNG\b|\bSM-[A-Z]\d{3}/.test(text)) return 'Samsung';
  if (/\bPixel \d/.test(text)) return 'Google';
  return /\b(Redmi|POCO|Xiaomi|Mi \d)/i.test(text) ? 'Xiaomi' : '';
}

/** Browsers of today write a K instead. */
function androidModel(text: string): string {
  const model = /Android [\d.]+; (?:SAMSUNG )?([^;)]{2,40}?)(?: Build\/[^;)]*)?[;)]/.exec(text)?.[1] ?? '';
  return /^(wv|rv:|Mobile|Tablet)/.test(model) ? '' : model;
}

function majorIn(version: string | undefined): number | null {
  const major = Number.parseInt(version ?? '', 10);
  return Number.isSafeInteger(major) && major >= 0 && major < 100_000 ? major : null;
}

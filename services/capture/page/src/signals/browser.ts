import { type Found, orNull, type Part } from './part.ts';

/** Client hints, which TypeScript does not know yet. */
interface Hints {
  readonly brands?: readonly { readonly brand: string; readonly version: string }[];
  readonly mobile?: boolean;
  readonly platform?: string;
  getHighEntropyValues?(names: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
}

const navigatorOf = () => navigator as Navigator & { userAgentData?: Hints; deviceMemory?: number };

/** What the browser says of itself and of the machine. */
export const browser: Part = {
  patienceMs: 100,
  read(): Found {
    const { userAgent, platform, vendor, languages, language, cookieEnabled, maxTouchPoints, plugins } =
      navigator;
    const { hardwareConcurrency, pdfViewerEnabled, deviceMemory } = navigatorOf();
    return {
      user_agent: userAgent,
      platform,
      vendor,
      languages: [...(languages ?? [language])],
      cookies_enabled: cookieEnabled,
      pdf_viewer: pdfViewerEnabled ?? null,
      plugins: plugins?.length ?? null,
      max_touch_points: maxTouchPoints ?? null,
      hardware_concurrency: hardwareConcurrency ?? null,
      device_memory_gb: deviceMemory ?? null,
      is_framed: window.parent !== window,
      display_mode: displayModes.find((mode) => matchMedia(`(display-mode: ${mode})`).matches) ?? null,
    };
  },
};

const displayModes = ['fullscreen', 'standalone', 'minimal-ui', 'browser'];

/** What Chromium tells on demand. Elsewhere there is no such thing. */
export const clientHints: Part = {
  patienceMs: 500,
  async read(): Promise<Found> {
    const hints = navigatorOf().userAgentData;
    const told = await hints?.getHighEntropyValues?.(['architecture', 'bitness', 'model', 'platformVersion']);
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
    return {
      ua_brands: hints?.brands?.map(({ brand, version }) => `${brand} ${version}`) ?? null,
      ua_mobile: hints?.mobile ?? null,
      ua_platform: text(hints?.platform),
      ua_platform_version: text(told?.platformVersion),
      ua_architecture: text(told?.architecture),
      ua_bitness: text(told?.bitness),
      ua_model: text(told?.model),
    };
  },
};

/** Zone and locale, and whether Date and Intl agree. */
export const timeAndPlace: Part = {
  patienceMs: 200,
  read(): Found {
    const now = new Date();
    // Made once: it takes browsers long.
    const format = orNull(() => new Intl.DateTimeFormat(undefined, written));
    const { timeZone, locale } = format?.resolvedOptions() ?? {};
    return {
      time_zone: timeZone ?? null,
      locale: locale?.replace(/-u-.*$/, '') ?? null,
      utc_offset_min: -now.getTimezoneOffset(),
      zone_offset_min: format === null ? null : orNull(() => zoneOffset(now, format)),
    };
  },
};

const written = {
  ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  ...{ second: '2-digit', hourCycle: 'h23', calendar: 'gregory', numberingSystem: 'latn' },
} as const satisfies Intl.DateTimeFormatOptions;

/** Minutes east of UTC, by what Intl calls this moment. */
function zoneOffset(now: Date, format: Intl.DateTimeFormat): number {
  const parts = format.formatToParts(now);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  const day = [part('year'), part('month') - 1, part('day')] as const;
  const asUtc = Date.UTC(...day, part('hour') % 24, part('minute'), part('second'));
  return Math.round((asUtc - now.getTime()) / 60_000);
}

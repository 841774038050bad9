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
    const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
    return {
      time_zone: timeZone ?? null,
      locale: locale ?? null,
      utc_offset_min: -now.getTimezoneOffset(),
      zone_offset_min: orNull(() => zoneOffset(now, timeZone)),
    };
  },
};

/** Minutes east of UTC, by the names of hours that Intl gives to a moment. */
function zoneOffset(now: Date, timeZone: string): number {
  const written = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  } as const).formatToParts(now);
  const part = (type: string) => Number(written.find((each) => each.type === type)?.value);
  const asUtc = Date.UTC(
    ...([part('year'), part('month') - 1, part('day'), part('hour') % 24] as const),
    part('minute'),
    part('second'),
  );
  return Math.round((asUtc - now.getTime()) / 60_000);
}

import type { Found, Part } from './part.ts';

interface Battery {
  readonly level: number;
  readonly charging: boolean;
}

/** Battery and network, where browsers tell of them. */
export const power: Part = {
  patienceMs: 400,
  async read(): Promise<Found> {
    const { getBattery } = navigator as { getBattery?: () => Promise<Battery> };
    const battery = await getBattery?.call(navigator);
    return { battery_level: battery?.level ?? null, battery_charging: battery?.charging ?? null };
  },
};

/** What kind of network the browser believes to be on. */
export const network: Part = {
  patienceMs: 100,
  read(): Found {
    const { connection } = navigator as { connection?: { effectiveType?: string; rtt?: number } };
    return {
      connection_type: connection?.effectiveType ?? null,
      connection_rtt_ms: connection?.rtt ?? null,
    };
  },
};

/** How many devices there are, by kind; browsers say so before any permission, and nothing else. */
export const mediaDevices: Part = {
  patienceMs: 600,
  async read(): Promise<Found> {
    const devices = await navigator.mediaDevices?.enumerateDevices?.();
    const count = (wanted: MediaDeviceKind) => devices?.filter(({ kind }) => kind === wanted).length ?? null;
    return {
      video_inputs: count('videoinput'),
      audio_inputs: count('audioinput'),
      audio_outputs: count('audiooutput'),
    };
  },
};

/** Which letters the keys write by which layouts are told apart; Chromium on computers only. */
export const keyboard: Part = {
  patienceMs: 300,
  async read(): Promise<Found> {
    const { keyboard: keys } = navigator as {
      keyboard?: { getLayoutMap?(): Promise<ReadonlyMap<string, string>> };
    };
    const layout = await keys?.getLayoutMap?.();
    const written = ['KeyQ', 'KeyW', 'KeyY', 'KeyZ', 'KeyA'].map((key) => layout?.get(key) ?? '').join('');
    return { keyboard: written === '' ? null : written };
  },
};

/** Boxes that look like advertisements to those who hide them. */
const baits: Readonly<Record<string, string>> = {
  banner: 'ad-banner banner_ads adsbox',
  google: 'adsbygoogle google-ad',
  sponsored: 'sponsored-post sponsor-ad',
  social: 'fb-like social-share-buttons',
  consent: 'cookie-notice cookie-consent-banner',
};
/** What hides them may come a moment later than they do. */
const baitMs = 120;

/** What something on the way hides. */
export const hiddenBaits: Part = {
  patienceMs: 600,
  async read(): Promise<Found> {
    const corner = document.createElement('div');
    corner.setAttribute('aria-hidden', 'true');
    Object.assign(corner.style, { position: 'fixed', left: '-999px', width: '9px' });
    const boxes = Object.values(baits).map((classes) => {
      const box = document.createElement('div');
      box.className = classes;
      box.style.height = '9px';
      return box;
    });
    corner.append(...boxes);
    document.body.append(corner);
    await new Promise((resolve) => setTimeout(resolve, baitMs));
    const names = Object.keys(baits).filter((_name, at) => boxes[at]?.offsetHeight === 0);
    corner.remove();
    return { hidden_baits: names };
  },
};

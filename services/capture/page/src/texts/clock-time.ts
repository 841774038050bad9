/**
 * A time of today or tomorrow as people write it where they are: "2:35 PM" or "14:35", with the weekday when it is not
 * today.
 * @param iso the time; what is none is returned as it is
 */
export function clockTime(iso: string, now: Date, locale: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const weekday = time.toDateString() === now.toDateString() ? {} : ({ weekday: 'long' } as const);
  return time.toLocaleTimeString(locale || 'en', { ...weekday, hour: 'numeric', minute: '2-digit' });
}

/** How far off a time is, as people say it: "in 28 minutes"; in hours from two hours on. */
export function waitingTime(minutes: number, locale: string): string {
  const words = new Intl.RelativeTimeFormat(locale || 'en');
  return minutes < 120 ? words.format(minutes, 'minute') : words.format(Math.ceil(minutes / 60), 'hour');
}

/**
 * The page's language as it is written where the user lives, by the browser's list: `en-GB` for `en`. Another script is
 * another way to write: `zh-TW` is none of `zh-CN`.
 */
export function localeOf(language: string, preferred: readonly string[]): string {
  const own = writingOf(language);
  return preferred.find((code) => writingOf(code) === own) ?? language;
}

/** Language and script of a code; empty for what is no code, as some browsers have in their list. */
function writingOf(code: string): string {
  try {
    const locale = new Intl.Locale(code).maximize();
    return `${locale.language}-${locale.script}`;
  } catch {
    return '';
  }
}

/**
 * A time of today or tomorrow as people write it in a language: "14:35", with the weekday when it is not today.
 * @param iso the time; what is none is returned as it is
 */
export function clockTime(iso: string, now: Date, language: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const weekday = time.toDateString() === now.toDateString() ? {} : ({ weekday: 'long' } as const);
  return time.toLocaleTimeString(language || 'en', { ...weekday, hour: '2-digit', minute: '2-digit' });
}

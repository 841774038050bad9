/** What does not depend on where it is asked, unless somebody has changed one of the answers. */
export function answersOf(scope: Pick<typeof globalThis, 'navigator' | 'Intl'>): Record<string, string> {
  const { userAgent, platform, languages, hardwareConcurrency } = scope.navigator;
  return {
    user_agent: userAgent,
    platform,
    languages: String(languages),
    cores: String(hardwareConcurrency),
    time_zone: String(scope.Intl.DateTimeFormat().resolvedOptions().timeZone),
  };
}

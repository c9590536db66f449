// Dates and devices in a readable form.

import { t } from './texts';

const DATE = new Intl.DateTimeFormat(t.locale, { dateStyle: 'medium' });
const MOMENT = new Intl.DateTimeFormat(t.locale, { dateStyle: 'medium', timeStyle: 'short' });

/** Returns the day of a timestamp in seconds. */
export const day = (seconds: number | null | undefined): string =>
  seconds ? DATE.format(seconds * 1000) : t.common.never;

/** Returns day and time of a timestamp in seconds. */
export const moment = (seconds: number): string => MOMENT.format(seconds * 1000);

// The order matters, because the user agents of some browsers contain the names of others.
const BROWSERS: [RegExp, string][] = [
  [/Edg(e|A|iOS)?\//, 'Edge'],
  [/OPR\/|Opera/, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\/|HeadlessChrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/CrOS/, 'ChromeOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** Returns a readable form of a `User-Agent`, such as "Firefox on Windows". */
export function device(userAgent: string): string {
  const of = (known: [RegExp, string][]) => known.find(([pattern]) => pattern.test(userAgent))?.[1];
  const [browser, system] = [of(BROWSERS), of(SYSTEMS)];
  if (browser && system) return t.sessions.device(browser, system);
  return browser ?? system ?? (userAgent.slice(0, 60) || t.sessions.unknown);
}

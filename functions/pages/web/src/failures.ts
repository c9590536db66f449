// The texts for failed requests.

import type { ApiError, Failure, FailureReason } from 'latchkey';
import { t } from './texts';

/** The texts of a page that replace the usual ones, by the reason of a failure. */
export type Words = Partial<Record<FailureReason, string>>;

/** Returns the text for an error of the API. */
export const sayError = (error: ApiError): string => t.errors[error.code] ?? error.message;

/** Returns the first error of each field. */
export function fieldErrors(failure: Failure | undefined): Map<string, string> {
  const found = new Map<string, string>();
  for (const error of failure?.errors ?? []) {
    if (error.param && !found.has(error.param)) found.set(error.param, sayError(error));
  }
  return found;
}

/**
 * Returns the text for a failure, without the errors of `shown` fields. Returns `undefined` if there is nothing more to
 * say.
 */
export function sayFailure(
  failure: Failure,
  words: Words = {},
  shown: ReadonlySet<string> = new Set(),
): string | undefined {
  if (words[failure.reason]) return words[failure.reason];
  const rest = failure.errors.filter((error) => !error.param || !shown.has(error.param));
  if (failure.errors.length) return rest.length ? [...new Set(rest.map(sayError))].join(' ') : undefined;
  if (failure.reason !== 'rate_limited') return t.failures[failure.reason];
  const later = failure.retryAfter ? t.common.wait(failure.retryAfter) : t.failures.rate_limited_later;
  return `${t.failures.rate_limited} ${later}`;
}

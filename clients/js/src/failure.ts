import type { ApiError, Failure, FailureReason } from './types.js';

const REASONS: Record<number, FailureReason> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  410: 'unauthenticated',
  429: 'rate_limited',
};

/** The failure of a call that got no response. */
export const OFFLINE: Failure = { reason: 'offline', status: 0, errors: [] };

/** The failure of a passkey ceremony that the user or the browser cancelled. */
export const CANCELLED: Failure = { reason: 'cancelled', status: 0, errors: [] };

/** Converts a response that is not a success into a failure. `body` is its JSON, if it has any. */
export function failureOf(response: Response, body: unknown): Failure {
  const { errors, meta } = (body ?? {}) as { errors?: ApiError[]; meta?: { is_authenticated?: boolean } };
  const isKnown = meta?.is_authenticated === true && response.status === 401;
  const reason = isKnown ? 'reauthentication_required' : (REASONS[response.status] ?? 'unavailable');
  const failure: Failure = { reason, status: response.status, errors: errors ?? [] };
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  if (Number.isFinite(seconds)) failure.retryAfter = seconds;
  return failure;
}

import type { components, operations } from './api.js';

/** The schemas of the service's API description. */
export type Schemas = components['schemas'];

/** The name of an operation in the API description. */
export type OperationId = keyof operations;

/**
 * The JSON body that an operation takes.
 *
 * @example
 * ```ts
 * const credentials: Body<'logIn'> = { email: 'ada@example.com', password: 'correct-Horse-42' };
 * ```
 */
export type Body<Id extends OperationId> = operations[Id] extends {
  requestBody?: { content: { 'application/json': infer B } };
}
  ? B
  : never;

type Answer<Id extends OperationId> = operations[Id]['responses'] extends infer R
  ? R extends { 200: { content: { 'application/json': infer A } } }
    ? A
    : R extends { 202: { content: { 'application/json': infer A } } }
      ? A
      : never
  : never;

/** The `data` member of an operation's successful response. */
export type Data<Id extends OperationId> = Answer<Id> extends { data: infer D } ? D : undefined;

/** A user, as the API returns it. */
export type User = Schemas['User'];

/** A step of a login or signup that the user can start or has started. */
export type Flow = Schemas['Flow'];

/** The id of a flow. */
export type FlowId = Flow['id'];

/** How and when the user authenticated. */
export type AuthenticationMethod = Schemas['AuthenticationMethod'];

/** The configuration of the service. */
export type Configuration = Data<'getConfiguration'>;

/** A problem of a request. */
export interface ApiError {
  /** A stable code, such as `required` or `email_password_mismatch`. */
  code: string;
  /** The field that the error belongs to. Absent if it concerns the whole request. */
  param?: string;
  /** A message for people. */
  message: string;
}

/** The reason why a call failed. */
export type FailureReason =
  /** 400: the input is invalid; see `errors`. */
  | 'invalid'
  /** 401, 410: the user is not logged in, or the session has ended. */
  | 'unauthenticated'
  /** 401: the user is logged in and must reauthenticate first. */
  | 'reauthentication_required'
  /** 403: the request is not allowed. */
  | 'forbidden'
  /** 404: the resource does not exist. */
  | 'not_found'
  /** 409: the request does not fit the current state. */
  | 'conflict'
  /** 429: too many requests; see `retryAfter`. */
  | 'rate_limited'
  /** 5xx, or a response that does not come from the API. */
  | 'unavailable'
  /** No response: the network is down, or CORS refused the request. */
  | 'offline'
  /** The user or the browser cancelled a passkey ceremony. */
  | 'cancelled';

/** A call that failed. */
export interface Failure {
  /** The reason. */
  reason: FailureReason;
  /** The HTTP status. 0 if there was no response. */
  status: number;
  /** The problems of the request. Empty unless `reason` is `invalid`. */
  errors: ApiError[];
  /** Seconds to wait before a retry, if the service specifies them. */
  retryAfter?: number;
}

/**
 * The outcome of a call.
 *
 * @example
 * ```ts
 * const result = await accounts.listSessions();
 * if (result.ok) show(result.data);
 * else if (result.failure.reason === 'rate_limited') wait(result.failure.retryAfter);
 * ```
 */
export type Result<T> = { ok: true; data: T } | { ok: false; failure: Failure };

/** The state of the session. */
export type AuthState =
  /** The session is being fetched for the first time. */
  | { status: 'loading' }
  /** The user is not logged in. `flows` lists the ways to log in. */
  | { status: 'anonymous'; flows: Flow[] }
  /** A login or signup has begun. `flow` is the next step. */
  | { status: 'pending'; flow: Flow; flows: Flow[] }
  /** The user is logged in. */
  | { status: 'authenticated'; user: User; methods: AuthenticationMethod[] }
  /** The user is logged in, and must reauthenticate with one of `flows` before the last call can succeed. */
  | { status: 'reauthentication'; user: User; methods: AuthenticationMethod[]; flows: Flow[] }
  /** The session could not be fetched. */
  | { status: 'unavailable'; failure: Failure };

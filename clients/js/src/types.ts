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

/** A user, as the API shows one. */
export type User = Schemas['User'];

/** One thing that the user can do, or has begun, in order to get in. */
export type Flow = Schemas['Flow'];

/** The id of a flow. */
export type FlowId = Flow['id'];

/** How the user proved who they are, and when. */
export type AuthenticationMethod = Schemas['AuthenticationMethod'];

/** What the service is set up to do. */
export type Configuration = Data<'getConfiguration'>;

/** One thing that is wrong with a request. */
export interface ApiError {
  /** A stable code, such as `required` or `email_password_mismatch`. */
  code: string;
  /** The field that the error belongs to. Absent if it concerns the whole request. */
  param?: string;
  /** A sentence for people. */
  message: string;
}

/** Why a call failed, as one word. */
export type FailureReason =
  /** 400: the input is wrong; see `errors`. */
  | 'invalid'
  /** 401, 410: nobody is logged in, or the session has ended. */
  | 'unauthenticated'
  /** 401: somebody is logged in, and has to prove it again first. */
  | 'reauthentication_required'
  /** 403: the request is not allowed. */
  | 'forbidden'
  /** 404: there is no such thing. */
  | 'not_found'
  /** 409: the request does not fit the present state. */
  | 'conflict'
  /** 429: too many requests; see `retryAfter`. */
  | 'rate_limited'
  /** 5xx, or an answer that is not the API's. */
  | 'unavailable'
  /** No answer at all: the network is down, or CORS refused the request. */
  | 'offline'
  /** The person or the browser cancelled a passkey ceremony. */
  | 'cancelled';

/** A call that failed. */
export interface Failure {
  /** Why. */
  reason: FailureReason;
  /** The HTTP status; 0 if there was no answer. */
  status: number;
  /** What is wrong, field by field. Empty unless `reason` is `invalid`. */
  errors: ApiError[];
  /** Seconds until a retry makes sense, if the service told. */
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

/** Where the person stands. */
export type AuthState =
  /** The session is being fetched for the first time. */
  | { status: 'loading' }
  /** Nobody is logged in. `flows` are the ways in. */
  | { status: 'anonymous'; flows: Flow[] }
  /** A login or signup has begun. `flow` is the step that comes next. */
  | { status: 'pending'; flow: Flow; flows: Flow[] }
  /** Somebody is logged in. */
  | { status: 'authenticated'; user: User; methods: AuthenticationMethod[] }
  /** Somebody is logged in, and has to prove it again by one of `flows` before the last call can succeed. */
  | { status: 'reauthentication'; user: User; methods: AuthenticationMethod[]; flows: Flow[] }
  /** The session could not be fetched. */
  | { status: 'unavailable'; failure: Failure };

export { createClient, type Client, type RedirectOptions, type Totp } from './client.js';
export type { ClientOptions } from './options.js';
export type { KeyOptions } from './passkeys.js';
export { memoryStorage, type TokenStorage } from './storage.js';
export type {
  ApiError,
  AuthenticationMethod,
  AuthState,
  Body,
  Configuration,
  Data,
  Failure,
  FailureReason,
  Flow,
  FlowId,
  OperationId,
  Result,
  Schemas,
  User,
} from './types.js';

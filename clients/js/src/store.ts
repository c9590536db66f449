import type { AuthState, AuthenticationMethod, Flow, User } from './types.js';

/** A response that contains the state of the session. */
export interface AuthAnswer {
  status: number;
  data?: { user?: User; methods?: AuthenticationMethod[]; flows?: Flow[] };
  meta?: { is_authenticated?: boolean };
}

/** Returns the state that a response describes, or `undefined` if it describes none. */
export function stateOf({ status, data, meta }: AuthAnswer): AuthState | undefined {
  if (meta?.is_authenticated === undefined) return undefined;
  const { user, methods = [], flows = [] } = data ?? {};
  if (meta.is_authenticated) {
    if (!user) return undefined;
    return status === 401
      ? { status: 'reauthentication', user, methods, flows }
      : { status: 'authenticated', user, methods };
  }
  const flow = flows.find((flow) => flow.is_pending);
  return flow ? { status: 'pending', flow, flows } : { status: 'anonymous', flows };
}

/** Holds the current state, and notifies subscribers when it changes. Works with React's `useSyncExternalStore`. */
export class Store {
  private state: AuthState = { status: 'loading' };
  private readonly listeners = new Set<() => void>();

  getSnapshot = (): AuthState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Replaces the state. Does nothing if the new state equals the current one. */
  set(state: AuthState): void {
    if (JSON.stringify(state) === JSON.stringify(this.state)) return;
    this.state = state;
    for (const listener of [...this.listeners]) listener();
  }
}

import { createContext, useContext, useMemo, useSyncExternalStore, type ReactNode } from 'react';
import type { AuthState, Client, Flow, FlowId } from '../index.js';

const Context = createContext<Client | undefined>(undefined);

/**
 * Provides a client to the components below. Create the client once, outside of components.
 *
 * @example
 * ```tsx
 * const accounts = createClient({ baseUrl: '', client: 'browser' });
 *
 * export const App = () => (
 *   <LatchkeyProvider client={accounts}>
 *     <Page />
 *   </LatchkeyProvider>
 * );
 * ```
 */
export function LatchkeyProvider({ client, children }: { client: Client; children: ReactNode }) {
  return <Context.Provider value={client}>{children}</Context.Provider>;
}

/** Returns the client. Throws outside of a `LatchkeyProvider`. */
export function useClient(): Client {
  const client = useContext(Context);
  if (!client) throw new Error('useClient needs a LatchkeyProvider above it.');
  return client;
}

const LOADING: AuthState = { status: 'loading' };

/**
 * Returns the current state, and renders again when it changes. Fetches the session at the first use. Never suspends. On a
 * server, the state is `loading`.
 *
 * @example
 * ```tsx
 * const Greeting = () => {
 *   const state = useSession();
 *   return state.status === 'authenticated' ? <p>Hello, {state.user.display}</p> : null;
 * };
 * ```
 */
export function useSession(): AuthState {
  const client = useClient();
  return useSyncExternalStore(client.subscribe, client.getSnapshot, () => LOADING);
}

/** A flow and its status. */
export interface FlowState {
  /** The flow, or `undefined` if it is not available. */
  flow: Flow | undefined;
  /** Whether the user can begin or continue the flow. */
  isOpen: boolean;
  /** Whether the flow is the next step. */
  isPending: boolean;
}

/**
 * Returns the flow with this id. Without an id, returns the step that comes next.
 *
 * @example
 * ```tsx
 * const { isPending } = useFlow('verify_email');
 * if (isPending) return <CodeForm />;
 * ```
 */
export function useFlow(id?: FlowId): FlowState {
  const state = useSession();
  return useMemo(() => {
    const flows = 'flows' in state ? state.flows : [];
    const flow = id ? flows.find((flow) => flow.id === id) : flows.find((flow) => flow.is_pending);
    return { flow, isOpen: flow !== undefined, isPending: flow?.is_pending ?? false };
  }, [state, id]);
}

/** The properties of a guard. */
export interface GuardProps {
  /** Shown to the users that the guard lets through. */
  children: ReactNode;
  /** Shown to all other users, such as a redirect to the login page. */
  fallback?: ReactNode;
  /** Shown until the session is known. */
  loading?: ReactNode;
}

/**
 * Shows its children to users who are logged in.
 *
 * @example
 * ```tsx
 * <Authenticated fallback={<LoginForm />} loading={<p>One moment…</p>}>
 *   <Account />
 * </Authenticated>
 * ```
 */
export function Authenticated({ children, fallback = null, loading = null }: GuardProps) {
  const { status } = useSession();
  if (status === 'loading') return <>{loading}</>;
  return <>{status === 'authenticated' || status === 'reauthentication' ? children : fallback}</>;
}

/** Shows its children to users who are not logged in. They can be in the middle of a login. */
export function Anonymous({ children, fallback = null, loading = null }: GuardProps) {
  const { status } = useSession();
  if (status === 'loading') return <>{loading}</>;
  return <>{status === 'anonymous' || status === 'pending' ? children : fallback}</>;
}

import { createContext, useContext, useMemo, useSyncExternalStore, type ReactNode } from 'react';
import type { AuthState, Client, Flow, FlowId } from '../index.js';

const Context = createContext<Client | undefined>(undefined);

/**
 * Gives a client to the components below. Make the client once, outside of components.
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
 * Returns where the person stands, and renders again when that changes. Fetches the session at the first use. Never
 * suspends. Returns `loading` on a server.
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

/** A flow, as a page needs it. */
export interface FlowState {
  /** The flow; `undefined` if it is not open. */
  flow: Flow | undefined;
  /** Whether the flow can be begun or gone on with. */
  isOpen: boolean;
  /** Whether the flow is the step that comes next. */
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

/** What a guard shows, and to whom. */
export interface GuardProps {
  /** For whom the guard is. */
  children: ReactNode;
  /** Shown to everybody else, such as a redirect to the login page. */
  fallback?: ReactNode;
  /** Shown until the session is known. */
  loading?: ReactNode;
}

/**
 * Shows its children to people who are logged in.
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

/** Shows its children to people who are not logged in, also those in the middle of a login. */
export function Anonymous({ children, fallback = null, loading = null }: GuardProps) {
  const { status } = useSession();
  if (status === 'loading') return <>{loading}</>;
  return <>{status === 'anonymous' || status === 'pending' ? children : fallback}</>;
}

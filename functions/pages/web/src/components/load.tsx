// Data of a page: loaded when the page is shown, and again on request.

import type { Failure, Result } from 'latchkey';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../session';
import { useFocusRescue } from './focus';
import { Loading, Problem } from './messages';

export interface Loaded<T> {
  data?: T;
  failure?: Failure;
  /** Loads the data again. The old data stays visible until then. */
  reload(): void;
  set(data: T): void;
}

/** Loads data. */
export function useLoad<T>(send: () => Promise<Result<T>>): Loaded<T> {
  const [state, setState] = useState<{ data?: T; failure?: Failure }>({});
  const isMounted = useRef(true);
  const load = async () => {
    const result = await call(send);
    if (isMounted.current) setState(result.ok ? { data: result.data } : { failure: result.failure });
  };
  useEffect(() => {
    void load();
    return () => void (isMounted.current = false);
  }, []);
  const reload = () => {
    if (state.failure) setState({});
    void load();
  };
  return { ...state, reload, set: (data) => setState({ data }) };
}

/** Shows the data, or the reason why it could not be loaded. */
export function Show<T>({ of, children }: { of: Loaded<T>; children(data: T): ComponentChildren }) {
  useFocusRescue(of.data);
  if (of.failure) return <Problem failure={of.failure} retry={of.reload} />;
  return of.data === undefined ? <Loading /> : <>{children(of.data)}</>;
}

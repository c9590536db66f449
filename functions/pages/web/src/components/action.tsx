// Requests that buttons outside of forms send, and their outcome.

import type { Failure, Result } from 'latchkey';
import { useEffect, useRef, useState } from 'preact/hooks';
import { sayFailure, type Words } from '../failures';
import { call } from '../session';
import { Alert, Notice } from './messages';

export interface Action {
  /** The name of the running action, as given to `run`. */
  busy: string | undefined;
  notice: string | undefined;
  problem: string | undefined;
  /** Sends a request. `name` distinguishes the buttons of a page. Returns the data, or `undefined` after a failure. */
  run<T>(name: string, send: () => Promise<Result<T>>, options?: RunOptions): Promise<{ data: T } | undefined>;
  /** Shows that an action succeeded. */
  say(notice: string | undefined): void;
}

interface RunOptions {
  /** The text after a success. */
  notice?: string;
  /** Texts that replace the usual ones after a failure. */
  words?: Words;
  failed?(failure: Failure): void;
}

/** `problem` is a problem from before the page was shown. */
export function useAction(problem?: string): Action {
  const [state, setState] = useState<Pick<Action, 'busy' | 'notice' | 'problem'>>({
    busy: undefined,
    notice: undefined,
    problem,
  });
  const isMounted = useRef(true);
  useEffect(() => () => void (isMounted.current = false), []);
  const set = (next: Partial<typeof state>) => {
    if (isMounted.current) setState({ busy: undefined, notice: undefined, problem: undefined, ...next });
  };
  return {
    ...state,
    async run(name, send, { notice, words, failed } = {}) {
      if (state.busy) return undefined;
      set({ busy: name });
      const result = await call(send);
      set(result.ok ? { notice } : { problem: sayFailure(result.failure, words) });
      if (!result.ok) failed?.(result.failure);
      return result.ok ? { data: result.data } : undefined;
    },
    say: (notice) => set({ notice }),
  };
}

/** Shows the outcome of an action. */
export const Outcome = ({ of }: { of: Action }) => (
  <>
    <Notice>{of.notice}</Notice>
    {of.problem && <Alert>{of.problem}</Alert>}
  </>
);

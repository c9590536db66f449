// What buttons do outside of forms, and how it went.

import type { Failure, Result } from 'latchkey';
import { useEffect, useRef, useState } from 'preact/hooks';
import { sayFailure, type Words } from '../failures';
import { call } from '../session';
import { Alert, Notice } from './messages';

export interface Action {
  /** What is being done: the name that `run` was given. */
  busy: string | undefined;
  notice: string | undefined;
  problem: string | undefined;
  /** Sends a request. `name` tells the buttons of a page apart. Returns the data, or `undefined` after a failure. */
  run<T>(name: string, send: () => Promise<Result<T>>, options?: RunOptions): Promise<{ data: T } | undefined>;
  /** Says that something went well. */
  say(notice: string | undefined): void;
}

interface RunOptions {
  /** What to say after a success. */
  notice?: string;
  /** What to say in place of the usual words. */
  words?: Words;
  failed?(failure: Failure): void;
}

/** `problem`: what went wrong before the page was shown. */
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

/** Shows how an action went. */
export const Outcome = ({ of }: { of: Action }) => (
  <>
    <Notice>{of.notice}</Notice>
    {of.problem && <Alert>{of.problem}</Alert>}
  </>
);

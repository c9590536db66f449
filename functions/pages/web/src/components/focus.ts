// Moves the focus to the heading when the focused element was removed.

import { useEffect, useRef } from 'preact/hooks';

/** After a change of `what`, moves the focus to the heading if no element has the focus. */
export function useFocusRescue(what: unknown): void {
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current && document.activeElement === document.body) document.querySelector('h1')?.focus();
    isFirst.current = false;
  }, [what]);
}

// The question "Is it you?". Any request can require it. The dialog in `components/` shows it.

import { useEffect, useState } from 'preact/hooks';

type Answer = (confirmed: boolean) => void;

let answers: Answer[] = [];
const listeners = new Set<() => void>();

/**
 * Asks the user to reauthenticate. Resolves to whether the user did. Several requests at the same time share one
 * question.
 */
export function confirmIdentity(): Promise<boolean> {
  return new Promise((resolve) => {
    answers.push(resolve);
    listeners.forEach((listener) => listener());
  });
}

/** Answers the open question. */
export function answer(confirmed: boolean): void {
  const waiting = answers;
  answers = [];
  waiting.forEach((resolve) => resolve(confirmed));
  listeners.forEach((listener) => listener());
}

/** Returns whether the question is open. */
export function useQuestion(): boolean {
  const [isOpen, setOpen] = useState(answers.length > 0);
  useEffect(() => {
    const update = () => setOpen(answers.length > 0);
    listeners.add(update);
    update();
    return () => void listeners.delete(update);
  }, []);
  return isOpen;
}

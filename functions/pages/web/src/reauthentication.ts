// The question "Is it you?", which any request may lead to. The overlay in `components/` asks it.

import { useEffect, useState } from 'preact/hooks';

type Answer = (confirmed: boolean) => void;

let answers: Answer[] = [];
const listeners = new Set<() => void>();

/** Asks the person to prove who they are. Resolves to whether they did. Several requests at once share one question. */
export function confirmIdentity(): Promise<boolean> {
  return new Promise((resolve) => {
    answers.push(resolve);
    listeners.forEach((listener) => listener());
  });
}

/** Answers the question that is open. */
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

// A dialog above the page. The browser keeps the focus in it, and restores the focus afterwards.

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../texts';
import { Button } from './button';

interface DialogProps {
  title: string;
  /** Called when the person closes the dialog. */
  close(): void;
  children: ComponentChildren;
}

export function Dialog({ title, close, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    heading.current?.focus();
    return () => before?.isConnected && before.focus();
  }, []);
  const cancel = (event: Event) => {
    event.preventDefault();
    close();
  };
  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={cancel}>
      <h2 id={id} ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  text: string;
  submit: string;
  confirm(): void;
  close(): void;
}

/** Asks for confirmation before data is lost. */
export const Confirm = ({ title, text, submit, confirm, close }: ConfirmProps) => (
  <Dialog title={title} close={close}>
    <p>{text}</p>
    <div class="actions row">
      <Button kind="danger" onClick={() => (close(), confirm())}>
        {submit}
      </Button>
      <Button onClick={close}>{t.common.cancel}</Button>
    </div>
  </Dialog>
);

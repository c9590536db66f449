// Buttons.

import type { ComponentChildren } from 'preact';

interface ButtonProps {
  type?: 'button' | 'submit';
  kind?: 'primary' | 'plain' | 'danger' | 'link';
  /** While it is busy, the button keeps the focus and does nothing. */
  isBusy?: boolean;
  onClick?(): void;
  /** The text for people who do not see the context of the button. It contains the visible text. */
  label?: string;
  children: ComponentChildren;
}

export function Button({ type = 'button', kind = 'plain', isBusy = false, onClick, label, children }: ButtonProps) {
  const isWide = kind !== 'link';
  return (
    <button
      type={type}
      class={isWide ? `button ${kind}` : 'link'}
      aria-disabled={isBusy ? 'true' : undefined}
      aria-label={label}
      onClick={isBusy || !onClick ? undefined : onClick}
    >
      {isBusy && <span class="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}

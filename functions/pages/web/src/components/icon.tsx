// Line drawings beside or in place of a text that assistive technology reads.

import type { ComponentChildren } from 'preact';

/** The frame of a drawing on 24 by 24 units. */
export const Icon = ({ children }: { children: ComponentChildren }) => (
  <svg
    viewBox="0 0 24 24"
    width="20"
    height="20"
    aria-hidden="true"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
  >
    {children}
  </svg>
);

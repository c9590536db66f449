// Alerts, notices, and what is shown while something loads.

import type { Failure } from 'latchkey';
import type { ComponentChildren } from 'preact';
import { sayFailure } from '../failures';
import { t } from '../texts';
import { Button } from './button';
import { useFocusRescue } from './focus';

/** Something is wrong. Read out at once; can get the focus. */
export const Alert = ({ children }: { children: ComponentChildren }) => (
  <div class="message alert" role="alert" tabIndex={-1}>
    {children}
  </div>
);

/** Something went well. The region is always there, so that a new text is read out. */
export function Notice({ children }: { children?: ComponentChildren }) {
  useFocusRescue(children);
  return <div role="status">{children && <p class="message notice">{children}</p>}</div>;
}

/** Something is being loaded. Shown after a moment. */
export const Loading = () => (
  <p class="loading" role="status">
    <span class="spinner" aria-hidden="true" /> <span>{t.common.loading}</span>
  </p>
);

/** Something could not be loaded, with a way to try again. */
export const Problem = ({ failure, retry }: { failure: Failure; retry(): void }) => (
  <div class="problem">
    <Alert>{sayFailure(failure) ?? t.failures.title}</Alert>
    <Button onClick={retry}>{t.common.retry}</Button>
  </div>
);

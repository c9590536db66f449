// Alerts, notices and loading indicators.

import type { Failure } from 'latchkey';
import type { ComponentChildren } from 'preact';
import { sayFailure } from '../failures';
import { t } from '../texts';
import { Button } from './button';
import { useFocusRescue } from './focus';

/** An error message. Screen readers announce it at once. It can get the focus. */
export const Alert = ({ children }: { children: ComponentChildren }) => (
  <div class="message alert" role="alert" tabIndex={-1}>
    {children}
  </div>
);

/** A success message. The region always exists, so that screen readers announce a new text. */
export function Notice({ children }: { children?: ComponentChildren }) {
  useFocusRescue(children);
  return <div role="status">{children && <p class="message notice">{children}</p>}</div>;
}

/** A loading indicator, shown after a short delay. */
export const Loading = () => (
  <p class="loading" role="status">
    <span class="spinner" aria-hidden="true" /> <span>{t.common.loading}</span>
  </p>
);

/** A message that loading failed, with a button to try again. */
export const Problem = ({ failure, retry }: { failure: Failure; retry(): void }) => (
  <div class="problem">
    <Alert>{sayFailure(failure) ?? t.failures.title}</Alert>
    <Button onClick={retry}>{t.common.retry}</Button>
  </div>
);

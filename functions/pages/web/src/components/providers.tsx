// Buttons that redirect to identity providers.

import { keepTarget } from '../memo';
import { addressOf, withNext } from '../router';
import { client, getConfiguration } from '../session';
import { t } from '../texts';
import { useAction } from './action';
import { Button } from './button';
import { Alert } from './messages';

export function ProviderButtons() {
  const action = useAction();
  const providers =
    getConfiguration().socialaccount?.providers.filter((it) => it.flows.includes('provider_redirect')) ?? [];
  if (!providers.length) return null;
  // Providers redirect back to the login page, which then redirects to the target.
  const start = (provider: string) =>
    action.run(provider, async () => {
      keepTarget({});
      client.redirectToProvider({ provider, callbackUrl: addressOf(withNext('/accounts/login/')) });
      return { ok: true, data: undefined };
    });
  return (
    <div class="providers">
      {action.problem && <Alert>{action.problem}</Alert>}
      {providers.map(({ id, name }) => (
        <Button key={id} isBusy={action.busy === id} onClick={() => void start(id)}>
          {t.login.byProvider(name)}
        </Button>
      ))}
    </div>
  );
}

/** A line between two alternatives. */
export const Or = () => (
  <p class="or">
    <span>{t.common.or}</span>
  </p>
);

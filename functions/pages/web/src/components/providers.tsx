// Buttons that lead to identity providers.

import { withNext } from '../router';
import { call, client, getConfiguration } from '../session';
import { t } from '../texts';
import { Button } from './button';

/** Where people come back to after a login at a provider. The page sends them on. */
export const leaveForProvider = (provider: string): void => {
  // The CSRF cookie comes with the first answer of the service.
  void call(async () => {
    client.redirectToProvider({ provider, callbackUrl: withNext('/accounts/login/') });
    return { ok: true, data: undefined };
  });
};

export function ProviderButtons() {
  const providers = getConfiguration().socialaccount?.providers.filter((it) => it.flows.includes('provider_redirect')) ?? [];
  if (!providers.length) return null;
  return (
    <div class="providers">
      {providers.map(({ id, name }) => (
        <Button key={id} onClick={() => leaveForProvider(id)}>{t.login.byProvider(name)}</Button>
      ))}
    </div>
  );
}

/** A line between two ways to do the same. */
export const Or = () => <p class="or"><span>{t.common.or}</span></p>;

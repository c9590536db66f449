import type { Schemas } from 'latchkey';
import { useEffect, useState } from 'preact/hooks';
import { Outcome, useAction } from '../components/action';
import { Button } from '../components/button';
import { Confirm } from '../components/dialog';
import { Account } from '../components/layout';
import { Show, useLoad } from '../components/load';
import { confirmIdentity } from '../reauthentication';
import { addressOf, usePlace } from '../router';
import { client, getConfiguration } from '../session';
import { t } from '../texts';

type ProviderAccount = Schemas['ProviderAccount'];

const nameOf = ({ provider, display }: ProviderAccount): string => `${provider.name} (${display})`;

const connect = (provider: string): void =>
  client.redirectToProvider({
    provider,
    process: 'connect',
    callbackUrl: addressOf(`/accounts/3rdparty/?${new URLSearchParams({ connect: provider })}`),
  });

export default function Providers() {
  const { query } = usePlace();
  const [error, returned] = [query.get('error'), query.get('connect')];
  const list = useLoad(client.listProviderAccounts);
  const action = useAction(problemOf(error));
  const [removing, setRemoving] = useState<ProviderAccount>();
  const providers =
    getConfiguration().socialaccount?.providers.filter((it) => it.flows.includes('provider_redirect')) ?? [];

  useEffect(() => {
    if (error !== 'reauthentication_required' || !returned) return;
    void confirmIdentity().then((isConfirmed) => isConfirmed && connect(returned));
  }, []);

  const disconnect = async (account: ProviderAccount) => {
    const body = { provider: account.provider.id, account: account.uid };
    const notice = t.providers.disconnected(nameOf(account));
    const done = await action.run(account.uid, () => client.disconnectProviderAccount(body), { notice });
    if (done) list.reload();
  };
  return (
    <Account title={t.providers.title} lead={t.providers.text}>
      <Outcome of={action} />
      <Show of={list}>
        {(accounts) => (
          <>
            {accounts.length === 0 && <p>{t.providers.none}</p>}
            <ul class="rows">
              {accounts.map((account) => (
                <li key={`${account.provider.id} ${account.uid}`}>
                  <div class="what">
                    <strong>{account.provider.name}</strong>
                    <span class="muted">{account.display}</span>
                  </div>
                  <div class="do">
                    <Button
                      label={t.providers.disconnect(nameOf(account))}
                      isBusy={action.busy === account.uid}
                      onClick={() => setRemoving(account)}
                    >
                      {t.providers.short}
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
          </>
        )}
      </Show>
      {providers.length > 0 && (
        <section>
          <h2>{t.providers.addTitle}</h2>
          <div class="actions row">
            {providers.map(({ id, name }) => (
              <Button key={id} onClick={() => connect(id)}>
                {t.providers.connect(name)}
              </Button>
            ))}
          </div>
        </section>
      )}
      {removing && (
        <Confirm
          title={t.providers.disconnectTitle}
          text={t.providers.disconnectText(nameOf(removing))}
          submit={t.providers.short}
          confirm={() => void disconnect(removing)}
          close={() => setRemoving(undefined)}
        />
      )}
    </Account>
  );
}

/** Returns the text for a person who returns from a provider with an error. */
function problemOf(error: string | null): string | undefined {
  if (!error) return undefined;
  if (error === 'cancelled') return t.providers.cancelled;
  return t.providerError.byCode[error] ?? t.providers.failed;
}

// Reauthentication of users who are logged in, and the dialog that asks for it when a request requires it.

import type { Flow } from 'latchkey';
import { answer, useQuestion } from '../reauthentication';
import { client, getConfiguration, useSession, userOf } from '../session';
import { t } from '../texts';
import { Button } from './button';
import { Dialog } from './dialog';
import { Show, useLoad } from './load';
import { Proof, waysOf, type Proofs } from './proof';

const proofs: Proofs = {
  byPassword: client.reauthenticate,
  byCode: client.reauthenticateByCode,
  byKey: client.passkeys.reauthenticate,
};

export function ReauthenticationOverlay() {
  const isOpen = useQuestion();
  if (!isOpen) return null;
  const close = () => {
    client.cancelReauthentication();
    answer(false);
  };
  return (
    <Dialog title={t.reauthenticate.title} close={close}>
      <p>{t.reauthenticate.text}</p>
      <IdentityProof done={() => answer(true)} />
      <div class="actions">
        <Button onClick={close}>{t.common.cancel}</Button>
      </div>
    </Dialog>
  );
}

/**
 * Asks for reauthentication. The response that required it lists the methods. Without one, the account's authenticators
 * decide.
 */
export function IdentityProof({ done }: { done(): void }) {
  const state = useSession();
  if (state.status === 'reauthentication') return <Proof ways={waysOf(state.flows)} proofs={proofs} done={done} />;
  return <OwnWays done={done} />;
}

function OwnWays({ done }: { done(): void }) {
  const user = userOf(useSession());
  const types = useLoad(async () => {
    if (!getConfiguration().mfa) return { ok: true, data: [] };
    const result = await client.listAuthenticators();
    return result.ok ? { ok: true, data: result.data.map(({ type }) => type) } : result;
  });
  return (
    <Show of={types}>
      {(types) => {
        const flows: Flow[] = [{ id: 'mfa_reauthenticate', types }];
        if (user?.has_usable_password) flows.push({ id: 'reauthenticate' });
        return <Proof ways={waysOf(flows)} proofs={proofs} done={done} />;
      }}
    </Show>
  );
}

// The overlay that asks "Is it you?" when a request needs a recent proof.

import { answer, useQuestion } from '../reauthentication';
import { client, useSession } from '../session';
import { t } from '../texts';
import { Button } from './button';
import { Dialog } from './dialog';
import { Proof, waysOf, type Proofs } from './proof';

/** How people who are logged in prove who they are. */
export const proofs: Proofs = {
  byPassword: client.reauthenticate,
  byCode: client.reauthenticateByCode,
  byKey: client.passkeys.reauthenticate,
};

export function ReauthenticationOverlay() {
  const isOpen = useQuestion();
  const state = useSession();
  if (!isOpen) return null;
  const close = () => {
    client.cancelReauthentication();
    answer(false);
  };
  const ways = state.status === 'reauthentication' ? waysOf(state.flows) : [];
  return (
    <Dialog title={t.reauthenticate.title} close={close}>
      <p>{t.reauthenticate.text}</p>
      <Proof ways={ways} proofs={proofs} done={() => answer(true)} />
      <div class="actions">
        <Button onClick={close}>{t.common.cancel}</Button>
      </div>
    </Dialog>
  );
}

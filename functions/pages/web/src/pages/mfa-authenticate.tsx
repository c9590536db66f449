import { Entrance } from '../components/layout';
import { Proof, waysOf, type Proofs } from '../components/proof';
import { StartOver } from '../components/start-over';
import { client, useSession } from '../session';
import { t } from '../texts';

const proofs: Proofs = { byCode: client.authenticate, byKey: client.passkeys.authenticate };

export default function MfaAuthenticate() {
  const state = useSession();
  const flows = state.status === 'pending' ? state.flows.filter(({ id }) => id === 'mfa_authenticate') : [];
  return (
    <Entrance title={t.factor.title}>
      <Proof ways={waysOf(flows)} proofs={proofs} />
      <p class="switch">
        <StartOver text={t.factor.cancel} />
      </p>
    </Entrance>
  );
}

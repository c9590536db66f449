import type { Flow } from 'latchkey';
import { useState } from 'preact/hooks';
import { Account } from '../components/layout';
import { Show, useLoad } from '../components/load';
import { Notice } from '../components/messages';
import { Proof, waysOf } from '../components/proof';
import { proofs } from '../components/reauthentication';
import { leave, usePlace } from '../router';
import { client, getConfiguration, useSession, userOf } from '../session';
import { t } from '../texts';

export default function Reauthenticate() {
  const { query } = usePlace();
  const user = userOf(useSession());
  const [isDone, setDone] = useState(false);
  const done = () => (query.has('next') ? leave() : setDone(true));
  const types = useLoad(async () => {
    if (!getConfiguration().mfa) return { ok: true, data: [] };
    const result = await client.listAuthenticators();
    return result.ok ? { ok: true, data: result.data.map(({ type }) => type) } : result;
  });
  return (
    <Account title={t.reauthenticate.title} lead={t.reauthenticate.text}>
      <Notice>{isDone && t.reauthenticate.done}</Notice>
      {!isDone && (
        <Show of={types}>
          {(types) => {
            const flows: Flow[] = [{ id: 'mfa_reauthenticate', types }];
            if (user?.has_usable_password) flows.push({ id: 'reauthenticate' });
            return <Proof ways={waysOf(flows)} proofs={proofs} done={done} />;
          }}
        </Show>
      )}
    </Account>
  );
}

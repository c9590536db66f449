import { useState } from 'preact/hooks';
import { Account } from '../components/layout';
import { Notice } from '../components/messages';
import { IdentityProof } from '../components/reauthentication';
import { leave, usePlace } from '../router';
import { t } from '../texts';

export default function Reauthenticate() {
  const { query } = usePlace();
  const [isDone, setDone] = useState(false);
  const done = () => (query.has('next') ? leave() : setDone(true));
  return (
    <Account title={t.reauthenticate.title} lead={t.reauthenticate.text}>
      <Notice>{isDone && t.reauthenticate.done}</Notice>
      {!isDone && <IdentityProof done={done} />}
    </Account>
  );
}

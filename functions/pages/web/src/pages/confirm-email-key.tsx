import type { Data } from 'latchkey';
import { useState } from 'preact/hooks';
import type { PageProps } from '../routes';
import { Form } from '../components/form';
import { Entrance } from '../components/layout';
import { useLoad } from '../components/load';
import { Loading, Problem } from '../components/messages';
import { goOn } from '../flow';
import { Link, withNext } from '../router';
import { client, useSession, userOf } from '../session';
import { t } from '../texts';

/** The page that the link in a mail opens. Opening it changes nothing, because programs also open links. */
export default function ConfirmEmailKey({ routeKey }: PageProps) {
  const found = useLoad(() => client.getEmailVerification(routeKey));
  const [isExpired, setExpired] = useState(false);
  const [isDone, setDone] = useState(false);
  const reason = found.failure?.reason;
  if (isDone) return <Done />;
  if (isExpired || reason === 'invalid' || reason === 'conflict' || reason === 'not_found') return <Expired />;
  if (found.failure) {
    return (
      <Entrance title={t.confirmEmail.confirmTitle}>
        <Problem failure={found.failure} retry={found.reload} />
      </Entrance>
    );
  }
  if (!found.data) return <Loading />;
  const failed = ({ reason }: { reason: string }) => {
    const isOver = reason === 'invalid' || reason === 'conflict';
    if (isOver) setExpired(true);
    return isOver;
  };
  return (
    <Entrance title={t.confirmEmail.confirmTitle} lead={question(found.data)}>
      <Form
        submit={t.confirmEmail.confirm}
        send={() => client.verifyEmail(routeKey)}
        failed={failed}
        done={() => (isHalfway() ? void goOn() : setDone(true))}
      />
    </Entrance>
  );
}

const isHalfway = () => client.getSnapshot().status === 'pending';

function question({ email, user }: Data<'getEmailVerification'>): string {
  return user.display === email ? t.confirmEmail.confirmPlain(email) : t.confirmEmail.confirmText(email, user.display);
}

function Done() {
  const user = userOf(useSession());
  return (
    <Entrance title={t.confirmEmail.doneTitle} lead={user ? t.confirmEmail.doneIn : t.confirmEmail.doneText}>
      {user ? (
        <Link to="/accounts/" class="button primary">
          {t.notFound.home}
        </Link>
      ) : (
        <Link to={withNext('/accounts/login/')} class="button primary">
          {t.login.submit}
        </Link>
      )}
    </Entrance>
  );
}

const Expired = () => (
  <Entrance title={t.confirmEmail.expiredTitle} lead={t.confirmEmail.expiredText}>
    <Link to="/accounts/login/" class="button primary">
      {t.login.submit}
    </Link>
  </Entrance>
);

import { useState } from 'preact/hooks';
import type { PageProps } from '../routes';
import { Field, PasswordOwner } from '../components/field';
import { Form } from '../components/form';
import { Entrance } from '../components/layout';
import { useLoad } from '../components/load';
import { Loading, Problem } from '../components/messages';
import { goOn } from '../flow';
import { Link, navigate, withNext } from '../router';
import { client } from '../session';
import { t } from '../texts';

/** The page that the link in a mail opens. */
export default function PasswordResetKey({ routeKey }: PageProps) {
  const found = useLoad(() => client.getPasswordReset(routeKey));
  const [isExpired, setExpired] = useState(false);
  const reason = found.failure?.reason;
  if (isExpired || reason === 'invalid' || reason === 'conflict' || reason === 'not_found') return <Expired />;
  if (found.failure) {
    return (
      <Entrance title={t.passwordReset.keyTitle}>
        <Problem failure={found.failure} retry={found.reload} />
      </Entrance>
    );
  }
  if (!found.data) return <Loading />;
  const { user } = found.data;
  const done = () => goOn() || navigate(withNext('/accounts/password/reset/key/done/'), { replace: true });
  return (
    <Entrance title={t.passwordReset.keyTitle} lead={t.passwordReset.keyText(user.display)}>
      <Form
        submit={t.passwordReset.save}
        send={({ password = '' }) => client.resetPassword({ key: routeKey, password })}
        failed={({ errors }) => {
          const isOver = errors.some(({ param }) => param === 'key');
          if (isOver) setExpired(true);
          return isOver;
        }}
        done={() => void done()}
      >
        <PasswordOwner name={user.email ?? user.display} />
        <Field name="password" label={t.fields.newPassword} type="password" autocomplete="new-password" />
      </Form>
    </Entrance>
  );
}

const Expired = () => (
  <Entrance title={t.passwordReset.expiredTitle} lead={t.passwordReset.expiredText}>
    <Link to="/accounts/password/reset/" class="button primary">
      {t.passwordReset.requestLink}
    </Link>
  </Entrance>
);

import { Entrance } from '../components/layout';
import { Link, withNext } from '../router';
import { useSession, userOf } from '../session';
import { t } from '../texts';

export default function PasswordResetKeyDone() {
  const user = userOf(useSession());
  return (
    <Entrance title={t.passwordReset.keyDoneTitle} lead={user ? undefined : t.passwordReset.keyDoneText}>
      {user ? (
        <Link to="/accounts/" class="button primary">
          {t.passwordReset.toAccount}
        </Link>
      ) : (
        <Link to={withNext('/accounts/login/')} class="button primary">
          {t.passwordReset.login}
        </Link>
      )}
    </Entrance>
  );
}

import { Entrance } from '../components/layout';
import { Link, withNext } from '../router';
import { t } from '../texts';

export default function PasswordResetDone() {
  return (
    <Entrance title={t.passwordReset.doneTitle} lead={t.passwordReset.doneText}>
      <p class="switch">
        <Link to={withNext('/accounts/password/reset/')}>{t.passwordReset.again}</Link>
        <Link to={withNext('/accounts/login/')}>{t.common.backToLogin}</Link>
      </p>
    </Entrance>
  );
}

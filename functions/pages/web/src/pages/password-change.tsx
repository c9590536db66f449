import { useEffect } from 'preact/hooks';
import { ChangePassword } from '../components/change-password';
import { Account } from '../components/layout';
import { navigate } from '../router';
import { useSession, userOf } from '../session';
import { t } from '../texts';

export default function PasswordChange() {
  const user = userOf(useSession());
  const hasPassword = user?.has_usable_password ?? true;
  useEffect(() => {
    if (!hasPassword) navigate('/accounts/password/set/', { replace: true });
  }, []);
  return (
    <Account title={t.password.changeTitle}>
      <ChangePassword hasPassword={hasPassword} />
    </Account>
  );
}

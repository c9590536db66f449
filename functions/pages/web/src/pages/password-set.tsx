import { useEffect } from 'preact/hooks';
import { ChangePassword } from '../components/change-password';
import { Account } from '../components/layout';
import { navigate } from '../router';
import { useSession, userOf } from '../session';
import { t } from '../texts';

export default function PasswordSet() {
  const user = userOf(useSession());
  useEffect(() => {
    if (user?.has_usable_password) navigate('/accounts/password/change/', { replace: true });
  }, []);
  return (
    <Account title={t.password.setTitle} lead={t.password.setText}>
      <ChangePassword hasPassword={false} />
    </Account>
  );
}

import { Account, sections } from '../components/layout';
import { Link } from '../router';
import { useSession, userOf } from '../session';
import { t } from '../texts';

export default function Overview() {
  const user = userOf(useSession());
  return (
    <Account title={t.account.title} lead={user && t.account.greeting(user.display)}>
      <ul class="tiles">
        {sections()
          .slice(1)
          .map(({ to, label }) => (
            <li key={to}>
              <Link to={to} class="tile">
                <strong>{label}</strong>
                <span class="muted">{summary(to, user?.has_usable_password ?? true)}</span>
              </Link>
            </li>
          ))}
      </ul>
    </Account>
  );
}

function summary(section: string, hasPassword: boolean): string {
  switch (section) {
    case '/accounts/email/':
      return t.account.email;
    case '/accounts/phone/':
      return t.account.phone;
    case '/accounts/password/change/':
      return hasPassword ? t.account.password : t.account.setPassword;
    case '/accounts/2fa/':
      return t.account.mfa;
    case '/accounts/3rdparty/':
      return t.account.providers;
    default:
      return t.account.sessions;
  }
}

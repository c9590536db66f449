import { CodeRequest } from '../components/code-request';
import { Entrance } from '../components/layout';
import { Link, withNext } from '../router';
import { t } from '../texts';

export default function LoginCode() {
  return (
    <Entrance title={t.loginCode.title} lead={t.loginCode.text}>
      <CodeRequest />
      <p class="switch">
        <Link to={withNext('/accounts/login/?with=password')}>{t.loginCode.withPassword}</Link>
      </p>
    </Entrance>
  );
}

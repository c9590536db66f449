import type { Body } from 'latchkey';
import { Form, type Values } from '../components/form';
import { Entrance } from '../components/layout';
import { codeMethods, LoginField, loginMethods, loginOf, type Method } from '../components/login-field';
import { keepTarget } from '../memo';
import { Link, navigate, withNext } from '../router';
import { client, getConfiguration } from '../session';
import { t } from '../texts';

/** Links can be sent only to email addresses. Codes can also be sent to phone numbers. */
function targets(): Method[] {
  const isByCode = getConfiguration().account.password_reset_by_code_enabled;
  return isByCode && loginMethods().includes('phone') ? codeMethods() : ['email'];
}

export default function PasswordReset() {
  const isByCode = getConfiguration().account.password_reset_by_code_enabled;
  const done = (values: Values) => {
    keepTarget(loginOf(values, targets()));
    navigate(withNext(isByCode ? '/accounts/password/reset/confirm/' : '/accounts/password/reset/done/'));
  };
  return (
    <Entrance
      title={t.passwordReset.title}
      lead={targets().includes('phone') ? t.passwordReset.textPhone : t.passwordReset.text}
    >
      <Form
        submit={t.passwordReset.submit}
        send={(values) => client.requestPasswordReset(loginOf(values, targets()) as Body<'requestPasswordReset'>)}
        done={done}
      >
        <LoginField methods={targets()} />
      </Form>
      <p class="switch">
        <Link to={withNext('/accounts/login/')}>{t.common.backToLogin}</Link>
      </p>
    </Entrance>
  );
}

import { CodeField, Field } from '../components/field';
import { Form } from '../components/form';
import { Entrance } from '../components/layout';
import { goOn } from '../flow';
import { getTarget } from '../memo';
import { Link, navigate, withNext } from '../router';
import { client } from '../session';
import { t } from '../texts';

export default function PasswordResetCode() {
  const { email, phone } = getTarget();
  const to = email ?? phone;
  const done = () => goOn() || navigate(withNext('/accounts/password/reset/key/done/'));
  return (
    <Entrance
      title={t.passwordReset.codeTitle}
      lead={to ? t.passwordReset.codeText(to) : t.passwordReset.codeTextUnknown}
    >
      <Form
        submit={t.passwordReset.save}
        words={{ conflict: t.passwordReset.codeExpired }}
        send={({ code = '', password = '' }) => client.resetPassword({ key: code.trim(), password })}
        done={() => void done()}
      >
        <CodeField />
        <Field name="password" label={t.fields.newPassword} type="password" autocomplete="new-password" />
      </Form>
      <p class="switch">
        <Link to={withNext('/accounts/password/reset/')}>{t.passwordReset.request}</Link>
        <Link to={withNext('/accounts/login/')}>{t.common.backToLogin}</Link>
      </p>
    </Entrance>
  );
}

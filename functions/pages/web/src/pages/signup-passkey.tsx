import type { Body } from 'latchkey';
import { boot } from '../boot';
import { Form, type Values } from '../components/form';
import { Entrance } from '../components/layout';
import { SignupClosed } from '../components/signup-closed';
import { checkSignup, signupBody, SignupFields, signupWords } from '../components/signup-fields';
import { keepTarget } from '../memo';
import { Link, withNext } from '../router';
import { client, getConfiguration } from '../session';
import { t } from '../texts';

export default function SignupPasskey() {
  if (!boot.signup.byPasskey || !getConfiguration().account.is_open_for_signup) return <SignupClosed />;
  const send = (values: Values) => {
    keepTarget(values);
    return client.signupByPasskey(signupBody(values) as Body<'beginPasskeySignup'>);
  };
  return (
    <Entrance title={t.signup.passkeyTitle} lead={t.signup.passkeyText}>
      <Form submit={t.signup.passkeySubmit} check={checkSignup} words={signupWords} send={send}>
        <SignupFields hasPassword={false} />
      </Form>
      <p class="switch">
        <Link to={withNext('/accounts/signup/')}>{t.signup.byPassword}</Link>
      </p>
    </Entrance>
  );
}

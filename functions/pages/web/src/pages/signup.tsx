import type { Body } from 'latchkey';
import { boot } from '../boot';
import { Form, type Values } from '../components/form';
import { Entrance } from '../components/layout';
import { Or, ProviderButtons } from '../components/providers';
import { checkSignup, signupBody, SignupFields, signupWords } from '../components/signup-fields';
import { SignupClosed } from '../components/signup-closed';
import { keepTarget } from '../memo';
import { Link, withNext } from '../router';
import { client, getConfiguration } from '../session';
import { t } from '../texts';

export default function Signup() {
  const { account, socialaccount } = getConfiguration();
  if (!account.is_open_for_signup) return <SignupClosed />;
  const send = (values: Values) => {
    keepTarget(values);
    return client.signup(signupBody(values) as Body<'signUp'>);
  };
  return (
    <Entrance title={t.signup.title}>
      {boot.signup.byPasskey && client.passkeys.isSupported() && (
        <>
          <Link to={withNext('/accounts/signup/passkey/')} class="button plain">
            {t.signup.byPasskey}
          </Link>
          <Or />
        </>
      )}
      <Form submit={t.signup.submit} check={checkSignup} words={signupWords} send={send}>
        <SignupFields hasPassword />
      </Form>
      {!!socialaccount?.providers.length && (
        <>
          <Or />
          <ProviderButtons />
        </>
      )}
      <p class="switch">
        {t.signup.haveAccount} <Link to={withNext('/accounts/login/')}>{t.signup.login}</Link>
      </p>
    </Entrance>
  );
}

import type { Body, Failure, Result } from 'latchkey';
import { useEffect } from 'preact/hooks';
import { boot } from '../boot';
import { Outcome, useAction } from '../components/action';
import { Button } from '../components/button';
import { CodeRequest } from '../components/code-request';
import { Field } from '../components/field';
import { Form } from '../components/form';
import { Icon } from '../components/icon';
import { Entrance } from '../components/layout';
import { LoginField, loginMethods, loginOf } from '../components/login-field';
import { Alert } from '../components/messages';
import { Or, ProviderButtons } from '../components/providers';
import { keepTarget } from '../memo';
import { Link, navigate, usePlace, withNext } from '../router';
import { client, getConfiguration } from '../session';
import { t } from '../texts';

export default function Login() {
  const { query } = usePlace();
  const { account, mfa } = getConfiguration();
  const hasPasskeys = (mfa?.passkey_login_enabled ?? false) && client.passkeys.isSupported();
  const error = query.get('error');

  // Providers redirect here. If the login failed, the address contains an error.
  useEffect(() => {
    if (!error) return;
    const page =
      error === 'cancelled'
        ? withNext('/accounts/3rdparty/login/cancelled/')
        : `/accounts/3rdparty/login/error/?${query}`;
    navigate(page, { replace: true });
  }, [error]);
  if (error) return null;

  return (
    <Entrance title={t.login.title}>
      {location.hash === '#expired' && <Alert>{t.factor.expired}</Alert>}
      {hasPasskeys && <Passkey />}
      {!boot.account.providersOnly && (
        <Credentials hasPasskeys={hasPasskeys} withPassword={query.get('with') === 'password'} />
      )}
      <Providers />
      {account.is_open_for_signup && !boot.account.providersOnly && (
        <p class="switch">
          {t.login.noAccount} <Link to={withNext('/accounts/signup/')}>{t.login.signup}</Link>
        </p>
      )}
    </Entrance>
  );
}

interface CredentialsProps {
  hasPasskeys: boolean;
  /** Whether the user asked for the password form. */
  withPassword: boolean;
}

/** The password form, or the form for a code if new accounts have no password. */
function Credentials({ hasPasskeys, withPassword }: CredentialsProps) {
  const isByCode = getConfiguration().account.login_by_code_enabled;
  const hasPasswords = boot.signup.fields.some(({ name }) => name === 'password1');
  if (isByCode && !hasPasswords && !withPassword) {
    return (
      <>
        <CodeRequest hasPasskeys={hasPasskeys} />
        <p class="switch">
          <Link to={withNext('/accounts/login/?with=password')}>{t.loginCode.withPassword}</Link>
        </p>
      </>
    );
  }
  return (
    <>
      <Form
        submit={t.login.submit}
        send={({ password = '', ...values }) => {
          const name = loginOf(values, loginMethods());
          keepTarget(name);
          return client.login({ ...name, password } as Body<'logIn'>);
        }}
        failed={isInactive}
      >
        <LoginField methods={loginMethods()} hasPasskeys={hasPasskeys} />
        <Field name="password" label={t.fields.password} type="password" autocomplete="current-password" />
        <p class="aside">
          <Link to={withNext('/accounts/password/reset/')}>{t.login.forgot}</Link>
        </p>
      </Form>
      {isByCode && (
        <p class="alternative">
          <Link to={withNext('/accounts/login/code/')} class="button plain">
            {t.login.byCode}
          </Link>
        </p>
      )}
    </>
  );
}

function Providers() {
  if (!getConfiguration().socialaccount?.providers.length) return null;
  return (
    <>
      {!boot.account.providersOnly && <Or />}
      <ProviderButtons />
    </>
  );
}

/** Correct credentials of a disabled account get the same response as missing credentials. */
function isInactive({ reason }: Failure): boolean {
  if (reason !== 'unauthenticated') return false;
  navigate('/accounts/inactive/');
  return true;
}

/** The button for passkeys. The browser also offers passkeys in the field for the identifier. */
function Passkey() {
  const action = useAction();
  const log = (send: () => Promise<Result<unknown>>, name: string) => action.run(name, send, { failed: isInactive });
  useEffect(() => {
    let isHere = true;
    void client.load().then(async () => {
      if (client.getSnapshot().status !== 'anonymous' || !isHere) return;
      const result = await client.passkeys.autofill();
      if (!result.ok && result.failure.reason !== 'cancelled' && isHere) await log(async () => result, 'autofill');
    });
    return () => {
      isHere = false;
      void client.passkeys.stopAutofill();
    };
  }, []);
  const start = () => {
    keepTarget({});
    return log(client.passkeys.login, 'button');
  };
  return (
    <>
      <Outcome of={action} />
      <Button isBusy={action.busy === 'button'} onClick={() => void start()}>
        <KeyIcon /> {t.login.byPasskey}
      </Button>
      <Or />
    </>
  );
}

const KeyIcon = () => (
  <Icon>
    <circle cx="9" cy="8" r="4" />
    <path d="M2.5 20c0-3.6 2.9-6 6.5-6 1.2 0 2.3.3 3.3.8M18 12a3 3 0 1 0-1.5 5.6V21l1.5 1 1.5-1v-1.5L18 18l1.5-1V14.6A3 3 0 0 0 18 12z" />
  </Icon>
);

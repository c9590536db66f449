import { useEffect, useState } from 'preact/hooks';
import { boot } from '../boot';
import { Button } from '../components/button';
import { CodeStep } from '../components/code-step';
import { Field } from '../components/field';
import { Entrance } from '../components/layout';
import { goOn, startOver } from '../flow';
import { getTarget } from '../memo';
import { Link, withNext } from '../router';
import { client, getConfiguration, useSession } from '../session';
import { t } from '../texts';

/** The page of a login or signup that waits for the verification of its address. */
export default function ConfirmEmail() {
  const state = useSession();
  const isCode = getConfiguration().account.email_verification_by_code_enabled;
  // The user might have verified the address in another tab.
  useEffect(() => {
    if (state.status === 'authenticated' || (state.status === 'pending' && state.flow.id !== 'verify_email')) goOn();
  }, [state]);
  return isCode ? <ByCode /> : <ByLink />;
}

function ByLink() {
  const { email } = getTarget();
  return (
    <Entrance
      title={t.confirmEmail.linkTitle}
      lead={email ? t.confirmEmail.linkSentTo(email) : t.confirmEmail.linkSent}
    >
      <p class="muted">{t.confirmEmail.linkHint}</p>
      <div class="actions">
        <Button onClick={() => void startOver()}>{t.common.backToLogin}</Button>
      </div>
    </Entrance>
  );
}

function ByCode() {
  const [isDone, setDone] = useState(false);
  if (isDone) return <Done />;
  return (
    <CodeStep
      words={t.confirmEmail}
      send={client.verifyEmail}
      done={() => goOn() || setDone(true)}
      resend={boot.account.canResendEmailCode && client.resendEmailCode}
      change={
        boot.account.canChangePendingEmail && {
          name: 'email',
          words: t.confirmEmail,
          send: ({ email = '' }) => client.addEmailAddress(email.trim()),
          children: <Field name="email" label={t.fields.email} type="email" autocomplete="email" />,
        }
      }
    />
  );
}

const Done = () => (
  <Entrance title={t.confirmEmail.doneTitle} lead={t.confirmEmail.doneText}>
    <Link to={withNext('/accounts/login/')} class="button primary">
      {t.login.submit}
    </Link>
  </Entrance>
);

import { useEffect, useState } from 'preact/hooks';
import { boot } from '../boot';
import { Outcome, useAction } from '../components/action';
import { Button } from '../components/button';
import { CodeField, Field } from '../components/field';
import { Form } from '../components/form';
import { Entrance } from '../components/layout';
import { goOn, startOver } from '../flow';
import { getTarget, keepTarget } from '../memo';
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
  const [email, setEmail] = useState(getTarget().email);
  const [isChanging, setChanging] = useState(false);
  const [isDone, setDone] = useState(false);
  const action = useAction();
  const words = { conflict: t.confirmEmail.expired };
  const resend = () => action.run('resend', client.resendEmailCode, { notice: t.confirmEmail.resent, words });

  if (isDone) return <Done />;
  if (isChanging) {
    const changed = ({ email: next = '' }) => {
      keepTarget({ ...getTarget(), email: next });
      setEmail(next.trim());
      setChanging(false);
    };
    return (
      <Entrance key="change" title={t.confirmEmail.changeTitle}>
        <Form
          submit={t.confirmEmail.changeSubmit}
          words={words}
          done={changed}
          send={({ email: next = '' }) => client.addEmailAddress(next.trim())}
        >
          <Field name="email" label={t.fields.email} type="email" autocomplete="email" />
        </Form>
        <p class="switch">
          <Button kind="link" onClick={() => setChanging(false)}>
            {t.common.back}
          </Button>
        </p>
      </Entrance>
    );
  }
  return (
    <Entrance
      key="code"
      title={t.confirmEmail.codeTitle}
      lead={email ? t.confirmEmail.sentTo(email) : t.confirmEmail.sent}
    >
      <Outcome of={action} />
      <Form
        submit={t.confirmEmail.submit}
        words={words}
        send={({ code = '' }) => client.verifyEmail(code.trim())}
        done={() => goOn() || setDone(true)}
      >
        <CodeField />
      </Form>
      <p class="switch">
        {boot.account.canResendEmailCode && (
          <Button kind="link" onClick={() => void resend()}>
            {t.confirmEmail.resend}
          </Button>
        )}
        {boot.account.canChangePendingEmail && (
          <Button kind="link" onClick={() => setChanging(true)}>
            {t.confirmEmail.change}
          </Button>
        )}
        <Button kind="link" onClick={() => void startOver()}>
          {t.common.startOver}
        </Button>
      </p>
    </Entrance>
  );
}

const Done = () => (
  <Entrance title={t.confirmEmail.doneTitle} lead={t.confirmEmail.doneText}>
    <Link to={withNext('/accounts/login/')} class="button primary">
      {t.login.submit}
    </Link>
  </Entrance>
);

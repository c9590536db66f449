import { useEffect, useState } from 'preact/hooks';
import { boot } from '../boot';
import { Outcome, useAction } from '../components/action';
import { Button } from '../components/button';
import { CodeField, Field } from '../components/field';
import { Form } from '../components/form';
import { Entrance } from '../components/layout';
import { phoneOf } from '../components/login-field';
import { goOn, startOver } from '../flow';
import { getTarget, keepTarget } from '../memo';
import { navigate } from '../router';
import { client, useSession } from '../session';
import { t } from '../texts';

/** The page of a login or signup that waits for the verification of its phone number. */
export default function VerifyPhone() {
  const state = useSession();
  const [phone, setPhone] = useState(getTarget().phone);
  const [isChanging, setChanging] = useState(false);
  const action = useAction();
  const words = { conflict: t.verifyPhone.expired };
  // A user who is logged in verifies a new number on the phone page.
  useEffect(() => {
    if (state.status === 'authenticated') navigate('/accounts/phone/', { replace: true });
  }, []);
  const resend = () => action.run('resend', client.resendPhoneCode, { notice: t.verifyPhone.resent, words });

  if (isChanging) {
    const changed = ({ phone: next = '' }) => {
      keepTarget({ ...getTarget(), phone: next });
      setPhone(next);
      setChanging(false);
    };
    return (
      <Entrance key="change" title={t.verifyPhone.changeTitle}>
        <Form
          submit={t.verifyPhone.changeSubmit}
          words={words}
          done={changed}
          send={({ phone: next = '' }) => client.changePhone(phoneOf(next))}
        >
          <Field name="phone" label={t.fields.phone} type="tel" autocomplete="tel" hint={t.fields.phoneHint} />
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
    <Entrance key="code" title={t.verifyPhone.title} lead={phone ? t.verifyPhone.sentTo(phone) : t.verifyPhone.sent}>
      <Outcome of={action} />
      <Form
        submit={t.verifyPhone.submit}
        words={words}
        send={({ code = '' }) => client.verifyPhone(code.trim())}
        done={() => void goOn()}
      >
        <CodeField />
      </Form>
      <p class="switch">
        {boot.account.canResendPhoneCode && (
          <Button kind="link" onClick={() => void resend()}>
            {t.verifyPhone.resend}
          </Button>
        )}
        {boot.account.canChangePendingPhone && (
          <Button kind="link" onClick={() => setChanging(true)}>
            {t.verifyPhone.change}
          </Button>
        )}
        <Button kind="link" onClick={() => void startOver()}>
          {t.common.startOver}
        </Button>
      </p>
    </Entrance>
  );
}

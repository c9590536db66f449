import { Outcome, useAction } from '../components/action';
import { Button } from '../components/button';
import { CodeField } from '../components/field';
import { Form } from '../components/form';
import { Entrance } from '../components/layout';
import { boot } from '../boot';
import { startOver } from '../flow';
import { getTarget } from '../memo';
import { client } from '../session';
import { t } from '../texts';

export default function LoginCodeConfirm() {
  const action = useAction();
  const { email, phone } = getTarget();
  const to = email ?? phone;
  const words = { conflict: t.loginCode.expired };
  const resend = () => action.run('resend', client.resendLoginCode, { notice: t.loginCode.resent, words });
  return (
    <Entrance title={t.loginCode.confirmTitle} lead={to ? t.loginCode.confirmText(to) : t.loginCode.confirmTextUnknown}>
      <Outcome of={action} />
      <Form submit={t.loginCode.confirm} words={words} send={({ code = '' }) => client.confirmLoginCode(code.trim())}>
        <CodeField />
      </Form>
      <p class="switch">
        {boot.account.canResendLoginCode && (
          <Button kind="link" onClick={() => void resend()}>
            {t.loginCode.resend}
          </Button>
        )}
        <Button kind="link" onClick={() => void startOver()}>
          {t.loginCode.other}
        </Button>
      </p>
    </Entrance>
  );
}

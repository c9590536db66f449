import { boot } from '../boot';
import { CodeStep } from '../components/code-step';
import { client } from '../session';
import { t } from '../texts';

export default function LoginCodeConfirm() {
  return (
    <CodeStep
      words={t.loginCode.confirm}
      send={client.confirmLoginCode}
      resend={boot.account.canResendLoginCode && client.resendLoginCode}
      leave={t.loginCode.other}
    />
  );
}

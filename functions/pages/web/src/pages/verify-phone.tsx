import { useEffect } from 'preact/hooks';
import { boot } from '../boot';
import { CodeStep } from '../components/code-step';
import { PhoneField } from '../components/field';
import { phoneOf } from '../components/login-field';
import { goOn } from '../flow';
import { navigate } from '../router';
import { client, useSession } from '../session';
import { t } from '../texts';

/** While a login or signup waits for its phone number to be verified. */
export default function VerifyPhone() {
  const state = useSession();
  // A number of somebody who is logged in is verified on the page of the number.
  useEffect(() => {
    if (state.status === 'authenticated') navigate('/accounts/phone/', { replace: true });
  }, []);
  return (
    <CodeStep
      words={t.verifyPhone}
      send={client.verifyPhone}
      done={() => void goOn()}
      resend={boot.account.canResendPhoneCode && client.resendPhoneCode}
      change={
        boot.account.canChangePendingPhone && {
          name: 'phone',
          words: t.verifyPhone,
          send: ({ phone = '' }) => client.changePhone(phoneOf(phone)),
          children: <PhoneField />,
        }
      }
    />
  );
}

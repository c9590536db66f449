import { useEffect } from 'preact/hooks';
import { boot } from '../boot';
import { CodeStep } from '../components/code-step';
import { PhoneField } from '../components/field';
import { phoneOf } from '../components/login-field';
import { goOn } from '../flow';
import { navigate } from '../router';
import { client, useSession } from '../session';
import { t } from '../texts';

/** The page of a login or signup that waits for the verification of its phone number. */
export default function VerifyPhone() {
  const state = useSession();
  // A user who is logged in verifies a new number on the phone page.
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

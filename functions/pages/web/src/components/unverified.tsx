// The message that second factors need a verified address.

import type { Failure } from 'latchkey';
import { Link } from '../router';
import { t } from '../texts';
import { Alert } from './messages';

export const isUnverified = ({ errors }: Failure): boolean => errors.some(({ code }) => code === 'unverified_email');

export const Unverified = () => (
  <>
    <Alert>{t.mfa.unverified}</Alert>
    <Link to="/accounts/email/" class="button plain">
      {t.mfa.toEmail}
    </Link>
  </>
);

import { Form } from '../components/form';
import { Account } from '../components/layout';
import { Link, navigate } from '../router';
import { client } from '../session';
import { t } from '../texts';

export default function TotpDeactivate() {
  return (
    <Account title={t.totp.deactivateTitle} lead={t.totp.deactivateText}>
      <Form
        submit={t.totp.deactivate}
        isDanger
        words={{ not_found: t.totp.notActive }}
        send={client.deactivateTotp}
        done={() => navigate('/accounts/2fa/')}
        actions={
          <Link to="/accounts/2fa/" class="button plain">
            {t.common.cancel}
          </Link>
        }
      />
    </Account>
  );
}

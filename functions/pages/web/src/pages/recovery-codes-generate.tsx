import { Form } from '../components/form';
import { Account } from '../components/layout';
import { Show, useLoad } from '../components/load';
import { Link, navigate } from '../router';
import { client } from '../session';
import { t } from '../texts';

const CODES = '/accounts/2fa/recovery-codes/';

export default function RecoveryCodesGenerate() {
  const list = useLoad(client.listAuthenticators);
  return (
    <Account title={t.recoveryCodes.generateTitle}>
      <Show of={list}>
        {(all) => (
          <>
            <p>
              {all.some(({ type }) => type === 'recovery_codes')
                ? t.recoveryCodes.generateText
                : t.recoveryCodes.generateFirst}
            </p>
            <Form
              submit={t.recoveryCodes.generate}
              send={client.makeRecoveryCodes}
              done={() => navigate(CODES)}
              actions={
                <Link to="/accounts/2fa/" class="button plain">
                  {t.common.cancel}
                </Link>
              }
            />
          </>
        )}
      </Show>
    </Account>
  );
}

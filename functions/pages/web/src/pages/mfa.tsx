import type { Data } from 'latchkey';
import { Account } from '../components/layout';
import { Show, useLoad } from '../components/load';
import { day } from '../format';
import { Link } from '../router';
import { client, supports } from '../session';
import { t } from '../texts';

type Authenticator = Data<'listAuthenticators'>[number];

const TOTP = '/accounts/2fa/totp';
const CODES = '/accounts/2fa/recovery-codes/';
const KEYS = '/accounts/2fa/webauthn/';

export default function Mfa() {
  const list = useLoad(client.listAuthenticators);
  return (
    <Account title={t.mfa.title} lead={t.mfa.text}>
      <Show of={list}>
        {(all) => (
          <ul class="panels">
            {supports('totp') && <Totp of={all} />}
            {supports('webauthn') && <Keys of={all} />}
            {supports('recovery_codes') && <Codes of={all} />}
          </ul>
        )}
      </Show>
    </Account>
  );
}

interface PanelProps {
  title: string;
  text: string;
  to?: string;
  action?: string;
}

const Panel = ({ title, text, to, action }: PanelProps) => (
  <li class="panel">
    <div class="what">
      <h2>{title}</h2>
      <p class="muted">{text}</p>
    </div>
    {to && (
      <Link to={to} class="button plain">
        {action}
      </Link>
    )}
  </li>
);

function Totp({ of: all }: { of: Authenticator[] }) {
  const totp = all.find(({ type }) => type === 'totp');
  return totp ? (
    <Panel
      title={t.mfa.totpTitle}
      text={t.mfa.totpOn(day(totp.created_at))}
      to={`${TOTP}/deactivate/`}
      action={t.mfa.totpDeactivate}
    />
  ) : (
    <Panel title={t.mfa.totpTitle} text={t.mfa.totpOff} to={`${TOTP}/activate/`} action={t.mfa.totpActivate} />
  );
}

function Keys({ of: all }: { of: Authenticator[] }) {
  const count = all.filter(({ type }) => type === 'webauthn').length;
  return (
    <Panel
      title={t.mfa.keysTitle}
      text={count ? t.mfa.keysSome(count) : t.mfa.keysNone}
      to={KEYS}
      action={count ? t.mfa.keysManage : t.mfa.keysAdd}
    />
  );
}

function Codes({ of: all }: { of: Authenticator[] }) {
  const codes = all.find((it) => it.type === 'recovery_codes');
  if (codes) {
    const text = t.mfa.codesSome(codes.unused_code_count, codes.total_code_count);
    return <Panel title={t.mfa.codesTitle} text={text} to={CODES} action={t.mfa.codesView} />;
  }
  if (!all.length) return <Panel title={t.mfa.codesTitle} text={t.mfa.codesNone} />;
  return <Panel title={t.mfa.codesTitle} text={t.mfa.codesMissing} to={`${CODES}generate/`} action={t.mfa.codesMake} />;
}

import { encode } from 'uqr';
import type { Totp } from 'latchkey';
import { CodeField } from '../components/field';
import { Form } from '../components/form';
import { Account } from '../components/layout';
import { Show, useLoad } from '../components/load';
import { Unverified, isUnverified } from '../components/unverified';
import { Link, navigate } from '../router';
import { client, supports } from '../session';
import { t } from '../texts';

export default function TotpActivate() {
  const found = useLoad<Totp>(client.getTotp);
  return (
    <Account title={t.totp.activateTitle}>
      {found.failure && isUnverified(found.failure) ? (
        <Unverified />
      ) : (
        <Show of={found}>{(totp) => ('secret' in totp ? <Setup {...totp} /> : <Active />)}</Show>
      )}
    </Account>
  );
}

const Active = () => (
  <>
    <p>{t.totp.activeAlready}</p>
    <Link to="/accounts/2fa/" class="button plain">
      {t.common.back}
    </Link>
  </>
);

function Setup({ secret, url }: { secret: string; url: string }) {
  const done = () => navigate(supports('recovery_codes') ? '/accounts/2fa/recovery-codes/#new' : '/accounts/2fa/');
  return (
    <>
      <p>{t.totp.scan}</p>
      <QrCode text={url} />
      <p>{t.totp.manual}</p>
      <p class="secret">
        <code>{secret.match(/.{1,4}/g)?.join(' ')}</code>
      </p>
      <Form submit={t.totp.activate} send={({ code = '' }) => client.activateTotp(code.trim())} done={done}>
        <CodeField label={t.totp.code} isNumeric />
      </Form>
    </>
  );
}

/** The QR code. It is always dark on white, because many cameras need that. */
function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 2 });
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t.totp.qr} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

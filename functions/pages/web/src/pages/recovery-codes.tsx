import type { Data, Result } from 'latchkey';
import { boot } from '../boot';
import { Outcome, useAction } from '../components/action';
import { Button } from '../components/button';
import { Account } from '../components/layout';
import { Show, useLoad } from '../components/load';
import { Notice } from '../components/messages';
import { Link } from '../router';
import { client } from '../session';
import { t } from '../texts';

type Codes = Data<'getRecoveryCodes'>;

const GENERATE = '/accounts/2fa/recovery-codes/generate/';

export default function RecoveryCodes() {
  const found = useLoad<Codes | null>(async () => {
    const result = await client.getRecoveryCodes();
    const isMissing = !result.ok && result.failure.reason === 'not_found';
    return isMissing ? { ok: true, data: null } : result;
  });
  return (
    <Account title={t.recoveryCodes.title} lead={t.recoveryCodes.text}>
      <Notice>{location.hash === '#new' && t.recoveryCodes.new}</Notice>
      <Show of={found}>{(codes) => <Shown codes={codes?.unused_codes} why={reason(codes)} />}</Show>
    </Account>
  );
}

/** Returns the reason why there are no codes to show. */
function reason(codes: Codes | null): string {
  if (!codes) return t.recoveryCodes.none;
  return codes.unused_codes ? t.recoveryCodes.used : t.recoveryCodes.hidden;
}

function Shown({ codes = [], why }: { codes: string[] | undefined; why: string }) {
  const action = useAction();
  const text = [t.recoveryCodes.file(boot.brand.name), '', ...codes, ''].join('\n');
  const copy = () => {
    const words = { forbidden: t.recoveryCodes.notCopied };
    return action.run('copy', () => writeClipboard(codes.join('\n')), { notice: t.recoveryCodes.copied, words });
  };
  return (
    <>
      {codes.length ? (
        <>
          <ul class="codes">
            {codes.map((code) => (
              <li key={code}>
                <code>{code}</code>
              </li>
            ))}
          </ul>
          <Outcome of={action} />
          <div class="actions row noprint">
            <Button kind="primary" onClick={() => void copy()}>
              {t.recoveryCodes.copy}
            </Button>
            <a
              class="button plain"
              href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
              download={t.recoveryCodes.fileName}
            >
              {t.recoveryCodes.download}
            </a>
            <Button onClick={() => print()}>{t.recoveryCodes.print}</Button>
          </div>
        </>
      ) : (
        <p>{why}</p>
      )}
      <p class="noprint">
        <Link to={GENERATE}>{t.recoveryCodes.generate}</Link>
      </p>
    </>
  );
}

/** Writes to the clipboard. Browsers permit this only on secure pages, and the user can refuse it. */
async function writeClipboard(text: string): Promise<Result<undefined>> {
  try {
    await navigator.clipboard.writeText(text);
    return { ok: true, data: undefined };
  } catch {
    return { ok: false, failure: { reason: 'forbidden', status: 0, errors: [] } };
  }
}

// The methods to prove an identity: a code of an app, a recovery code, a security key, the password.

import type { AuthState, Flow, Result } from 'latchkey';
import { useState } from 'preact/hooks';
import type { Words } from '../failures';
import { client } from '../session';
import { t } from '../texts';
import { Outcome, useAction } from './action';
import { Button } from './button';
import { CodeField, Field } from './field';
import { Form } from './form';

export type Way = 'password' | 'totp' | 'recovery_codes' | 'webauthn';

/** The requests of the methods. */
export interface Proofs {
  byPassword?(password: string): Promise<Result<AuthState>>;
  byCode(code: string): Promise<Result<AuthState>>;
  byKey(): Promise<Result<AuthState>>;
}

const ORDER: Way[] = ['webauthn', 'totp', 'password', 'recovery_codes'];

/** Returns the methods that the flows offer, the best one first. */
export function waysOf(flows: Flow[]): Way[] {
  const ways = flows.flatMap((flow): Way[] => (flow.id === 'reauthenticate' ? ['password'] : (flow.types ?? [])));
  const canUseKeys = client.passkeys.isSupported();
  return ORDER.filter((way) => ways.includes(way) && (way !== 'webauthn' || canUseKeys));
}

interface ProofProps {
  ways: Way[];
  proofs: Proofs;
  /** Called after a success. */
  done?(): void;
  words?: Words;
}

/** Asks for one method, and offers the others. */
export function Proof({ ways, proofs, done, words }: ProofProps) {
  const [chosen, choose] = useState<Way>();
  const way = chosen ?? ways[0];
  if (!way) return <p>{t.factor.none}</p>;
  const others = ways.filter((other) => other !== way);
  return (
    <>
      <One key={way} way={way} proofs={proofs} done={done} words={words} />
      {others.length > 0 && (
        <section class="others">
          <h2>{t.factor.otherWays}</h2>
          {others.map((other) => (
            <Button kind="link" key={other} onClick={() => choose(other)}>
              {CHOOSE[other]}
            </Button>
          ))}
        </section>
      )}
    </>
  );
}

const CHOOSE: Record<Way, string> = {
  password: t.factor.usePassword,
  totp: t.factor.useTotp,
  recovery_codes: t.factor.useRecovery,
  webauthn: t.factor.useWebauthn,
};

function One({ way, proofs, done, words = {} }: Omit<ProofProps, 'ways'> & { way: Way }) {
  const action = useAction();
  if (way === 'webauthn') {
    const use = async () => {
      if (await action.run('key', proofs.byKey, { words })) done?.();
    };
    return (
      <>
        <p>{t.factor.keyText}</p>
        <Outcome of={action} />
        <div class="actions">
          <Button kind="primary" isBusy={!!action.busy} onClick={use}>
            {t.factor.useKey}
          </Button>
        </div>
      </>
    );
  }
  if (way === 'password') {
    return (
      <Form
        submit={t.factor.submit}
        words={words}
        send={({ password = '' }) => proofs.byPassword!(password)}
        done={done}
      >
        <p>{t.factor.passwordText}</p>
        <Field name="password" label={t.fields.password} type="password" autocomplete="current-password" />
      </Form>
    );
  }
  const isApp = way === 'totp';
  return (
    <Form submit={t.factor.submit} words={words} send={({ code = '' }) => proofs.byCode(code.trim())} done={done}>
      <p>{isApp ? t.factor.totpText : t.factor.recoveryText}</p>
      <CodeField label={isApp ? t.fields.code : t.factor.recovery} isNumeric />
    </Form>
  );
}

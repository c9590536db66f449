// The form for a new password of a user who is logged in.

import type { Result } from 'latchkey';
import { useState } from 'preact/hooks';
import { boot } from '../boot';
import { Link, navigate } from '../router';
import { client, useSession, userOf } from '../session';
import { t } from '../texts';
import { Field, PasswordOwner } from './field';
import { Form, type Values } from './form';
import { Notice } from './messages';

/** With `hasPassword`, the form also asks for the current password. */
export function ChangePassword({ hasPassword }: { hasPassword: boolean }) {
  const user = userOf(useSession());
  const [hadPassword] = useState(hasPassword);
  const [isDone, setDone] = useState(false);
  const notice = hadPassword ? t.password.changed : t.password.set;
  return (
    <>
      <Notice>{isDone && notice}</Notice>
      {!isDone && (
        <Form
          submit={t.password.submit}
          send={change}
          done={() => (boot.account.logsOutOnPasswordChange ? undefined : setDone(true))}
        >
          <PasswordOwner name={user?.email ?? user?.display ?? ''} />
          {hadPassword && (
            <Field
              name="current_password"
              label={t.fields.currentPassword}
              type="password"
              autocomplete="current-password"
            />
          )}
          <Field name="new_password" label={t.fields.newPassword} type="password" autocomplete="new-password" />
          {hadPassword && (
            <p class="aside">
              <Link to="/accounts/password/reset/">{t.password.forgot}</Link>
            </p>
          )}
        </Form>
      )}
    </>
  );
}

async function change({ current_password, new_password = '' }: Values): Promise<Result<unknown>> {
  const body = current_password === undefined ? { new_password } : { current_password, new_password };
  if (!boot.account.logsOutOnPasswordChange) return client.changePassword(body);
  // After the change, the user is logged out. The same response comes from a session that had already ended.
  const before = await client.reload();
  const result = await client.changePassword(body);
  const isOut = before.status === 'authenticated' && !result.ok && result.failure.reason === 'unauthenticated';
  if (!isOut) return result;
  navigate('/accounts/password/reset/key/done/', { replace: true });
  return { ok: true, data: undefined };
}

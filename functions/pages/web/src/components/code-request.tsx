// The form to request a login code.

import type { Body } from 'latchkey';
import { keepTarget } from '../memo';
import { client } from '../session';
import { t } from '../texts';
import { Form, type Values } from './form';
import { codeMethods, LoginField, loginOf } from './login-field';

export function CodeRequest({ hasPasskeys = false }: { hasPasskeys?: boolean }) {
  const send = (values: Values) => {
    const target = loginOf(values, codeMethods());
    keepTarget(target);
    return client.requestLoginCode(target as Body<'requestLoginCode'>);
  };
  return (
    <Form submit={t.loginCode.submit} send={send}>
      <LoginField methods={codeMethods()} hasPasskeys={hasPasskeys} />
    </Form>
  );
}

import type { Body } from 'latchkey';
import { Form } from '../components/form';
import { Entrance } from '../components/layout';
import { codeMethods, LoginField, loginOf } from '../components/login-field';
import { remember } from '../memo';
import { Link, withNext } from '../router';
import { client } from '../session';
import { t } from '../texts';

export default function LoginCode() {
  return (
    <Entrance title={t.loginCode.title} lead={t.loginCode.text}>
      <Form
        submit={t.loginCode.submit}
        send={(values) => {
          const target = loginOf(values, codeMethods());
          remember('email', Object.values(target)[0]!);
          return client.requestLoginCode(target as Body<'requestLoginCode'>);
        }}
      >
        <LoginField methods={codeMethods()} />
      </Form>
      <p class="switch"><Link to={withNext('/accounts/login/')}>{t.loginCode.withPassword}</Link></p>
    </Entrance>
  );
}

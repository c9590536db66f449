import { Field } from '../components/field';
import { Form } from '../components/form';
import { Entrance } from '../components/layout';
import { StartOver } from '../components/start-over';
import { client } from '../session';
import { t } from '../texts';

export default function SignupPasskeyCreate() {
  const isSupported = client.passkeys.isSupported();
  return (
    <Entrance title={t.signup.createTitle} lead={isSupported ? t.signup.createText : t.signup.unsupported}>
      {isSupported && (
        <Form submit={t.signup.create} send={({ name = '' }) => client.passkeys.finishSignup(name ? { name } : {})}>
          <Field name="name" label={t.fields.keyName} placeholder={t.webauthn.namePlaceholder} optional />
        </Form>
      )}
      <p class="switch">
        <StartOver />
      </p>
    </Entrance>
  );
}

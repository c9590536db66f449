import type { Body, Data } from 'latchkey';
import { Form, type Values } from '../components/form';
import { Entrance } from '../components/layout';
import { useLoad } from '../components/load';
import { Loading, Problem } from '../components/messages';
import { SignupClosed } from '../components/signup-closed';
import { checkSignup, signupBody, SignupFields } from '../components/signup-fields';
import { StartOver } from '../components/start-over';
import { keepTarget } from '../memo';
import { client } from '../session';
import { t } from '../texts';

export default function ProviderSignup() {
  const found = useLoad(client.getProviderSignup);
  if (found.failure?.reason === 'forbidden') return <SignupClosed />;
  if (found.failure) {
    return (
      <Entrance title={t.providerSignup.title}>
        <Problem failure={found.failure} retry={found.reload} />
      </Entrance>
    );
  }
  if (!found.data) return <Loading />;
  const send = (values: Values) => {
    keepTarget(values);
    return client.signupByProvider(signupBody(values) as Body<'signUpByProvider'>);
  };
  return (
    <Entrance title={t.providerSignup.title} lead={t.providerSignup.text(found.data.account.provider.name)}>
      <Form submit={t.providerSignup.submit} check={checkSignup} words={{ forbidden: t.signup.closedText }} send={send}>
        <SignupFields hasPassword={false} values={known(found.data)} />
      </Form>
      <p class="switch">
        <StartOver />
      </p>
    </Entrance>
  );
}

/** Returns the values that the provider supplied. */
function known({ user, email }: Data<'getProviderSignup'>): Values {
  const address = user.email ?? email[0]?.email ?? '';
  return { email: address, email2: address, username: user.username ?? '' };
}

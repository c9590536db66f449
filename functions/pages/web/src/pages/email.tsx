import type { Data, Result } from 'latchkey';
import { useState } from 'preact/hooks';
import { boot } from '../boot';
import { Outcome, useAction } from '../components/action';
import { Button } from '../components/button';
import { Confirm } from '../components/dialog';
import { CodeField, Field } from '../components/field';
import { Form } from '../components/form';
import { Account } from '../components/layout';
import { Show, useLoad } from '../components/load';
import { client, getConfiguration } from '../session';
import { t } from '../texts';

type Addresses = Data<'listEmailAddresses'>;

export default function Email() {
  const list = useLoad(client.listEmailAddresses);
  const action = useAction();
  const [removing, setRemoving] = useState<string>();
  const { changesEmail } = boot.account;

  const change = async (name: string, send: () => Promise<Result<Addresses>>, notice: string) => {
    const done = await action.run(name, send, { notice });
    if (done) list.set(done.data);
  };
  const resend = (email: string) =>
    action.run(`resend ${email}`, () => client.resendEmailVerification(email), {
      notice: t.email.resent(email),
      words: { forbidden: t.email.tooSoon },
    });
  const makePrimary = (email: string) =>
    change(`primary ${email}`, () => client.makeEmailPrimary(email), t.email.madePrimary(email));
  const remove = (email: string) =>
    change(`remove ${email}`, () => client.removeEmailAddress(email), t.email.removed(email));

  return (
    <Account title={t.email.title} lead={changesEmail ? t.email.textChange : t.email.text}>
      <Outcome of={action} />
      <Show of={list}>
        {(addresses) => (
          <>
            {addresses.length === 0 && <p>{t.email.none}</p>}
            <ul class="rows">
              {addresses.map(({ email, verified, primary }) => (
                <li key={email}>
                  <div class="what">
                    <strong>{email}</strong>
                    <span class="tags">
                      {primary && <span class="tag">{t.email.primary}</span>}
                      <span class={verified ? 'tag good' : 'tag warn'}>
                        {verified ? t.email.verified : t.email.unverified}
                      </span>
                    </span>
                  </div>
                  <div class="do">
                    {!verified && (
                      <Button
                        isBusy={action.busy === `resend ${email}`}
                        label={t.email.resend(email)}
                        onClick={() => void resend(email)}
                      >
                        {t.email.short.resend}
                      </Button>
                    )}
                    {!primary && verified && !changesEmail && (
                      <Button
                        isBusy={action.busy === `primary ${email}`}
                        label={t.email.makePrimary(email)}
                        onClick={() => void makePrimary(email)}
                      >
                        {t.email.short.makePrimary}
                      </Button>
                    )}
                    {!primary && (
                      <Button
                        isBusy={action.busy === `remove ${email}`}
                        label={t.email.remove(email)}
                        onClick={() => setRemoving(email)}
                      >
                        {t.email.short.remove}
                      </Button>
                    )}
                  </div>
                </li>
              ))}
            </ul>
            <Code of={addresses} done={(email) => (list.reload(), action.say(t.email.verifiedNow(email)))} />
          </>
        )}
      </Show>
      <section>
        <h2>{changesEmail ? t.email.changeTitle : t.email.addTitle}</h2>
        <Form
          submit={changesEmail ? t.email.change : t.email.add}
          resets
          send={async ({ email = '' }) => {
            const result = await client.addEmailAddress(email.trim());
            if (result.ok) list.set(result.data);
            return result;
          }}
          done={({ email = '' }) => action.say(t.email.added(email.trim()))}
        >
          <Field name="email" label={t.fields.email} type="email" autocomplete="email" />
        </Form>
      </section>
      {removing && (
        <Confirm
          title={t.email.removeTitle}
          text={t.email.removeText(removing)}
          submit={t.email.short.remove}
          confirm={() => void remove(removing)}
          close={() => setRemoving(undefined)}
        />
      )}
    </Account>
  );
}

/** The field for the code, if addresses are verified by code. */
function Code({ of: addresses, done }: { of: Addresses; done(email: string): void }) {
  const waiting = addresses.find(({ verified }) => !verified);
  if (!waiting || !getConfiguration().account.email_verification_by_code_enabled) return null;
  return (
    <section>
      <h2>{t.email.codeTitle(waiting.email)}</h2>
      <Form
        submit={t.confirmEmail.submit}
        words={{ conflict: t.email.expired }}
        send={({ code = '' }) => client.verifyEmail(code.trim())}
        done={() => done(waiting.email)}
      >
        <CodeField />
      </Form>
    </section>
  );
}

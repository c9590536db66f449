import { useState } from 'preact/hooks';
import { Outcome, useAction } from '../components/action';
import { CodeField, PhoneField } from '../components/field';
import { Form } from '../components/form';
import { Account } from '../components/layout';
import { Show, useLoad } from '../components/load';
import { phoneOf } from '../components/login-field';
import { client } from '../session';
import { t } from '../texts';

export default function Phone() {
  const list = useLoad(client.getPhone);
  const action = useAction();
  /** The number that a code was sent to. */
  const [waiting, setWaiting] = useState<string>();
  const verified = () => {
    setWaiting(undefined);
    list.reload();
    action.say(t.phone.changed);
  };
  return (
    <Account title={t.phone.title} lead={t.phone.text}>
      <Outcome of={action} />
      <Show of={list}>
        {(numbers) => (
          <>
            {numbers.length === 0 && <p>{t.phone.none}</p>}
            <ul class="rows">
              {numbers.map(({ phone, verified }) => (
                <li key={phone}>
                  <div class="what">
                    <strong>{phone}</strong>
                    <span class={verified ? 'tag good' : 'tag warn'}>
                      {verified ? t.phone.verified : t.phone.unverified}
                    </span>
                  </div>
                </li>
              ))}
            </ul>
            {waiting && (
              <section>
                <h2>{t.phone.codeTitle(waiting)}</h2>
                <p>{t.phone.codeText}</p>
                <Form
                  submit={t.phone.confirm}
                  words={{ conflict: t.phone.expired }}
                  send={({ code = '' }) => client.verifyPhone(code.trim())}
                  done={verified}
                >
                  <CodeField />
                </Form>
              </section>
            )}
            <section>
              <h2>{numbers.length ? t.phone.changeTitle : t.phone.addTitle}</h2>
              <Form
                submit={t.phone.submit}
                resets
                send={({ phone = '' }) => client.changePhone(phoneOf(phone))}
                done={({ phone = '' }) => setWaiting(phoneOf(phone))}
              >
                <PhoneField />
              </Form>
            </section>
          </>
        )}
      </Show>
    </Account>
  );
}

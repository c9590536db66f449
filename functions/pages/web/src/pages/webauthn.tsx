import type { Data } from 'latchkey';
import { useState } from 'preact/hooks';
import { Outcome, useAction, type Action } from '../components/action';
import { Button } from '../components/button';
import { Confirm } from '../components/dialog';
import { Field } from '../components/field';
import { Form } from '../components/form';
import { Account } from '../components/layout';
import { Show, useLoad } from '../components/load';
import { isUnverified, Unverified } from '../components/unverified';
import { day } from '../format';
import { client, getConfiguration } from '../session';
import { t } from '../texts';

type Key = Extract<Data<'listAuthenticators'>[number], { type: 'webauthn' }>;

const canLogIn = (): boolean => getConfiguration().mfa?.passkey_login_enabled ?? false;

export default function Webauthn() {
  const list = useLoad(client.listAuthenticators);
  const action = useAction();
  const [removing, setRemoving] = useState<Key>();
  const remove = async ({ id }: Key) => {
    if (await action.run(`remove ${id}`, () => client.removeKeys([id]), { notice: t.webauthn.removed })) list.reload();
  };
  return (
    <Account title={t.webauthn.title} lead={canLogIn() ? t.webauthn.text : t.webauthn.textKeys}>
      <Outcome of={action} />
      <Show of={list}>
        {(all) => {
          const keys = all.filter((it): it is Key => it.type === 'webauthn');
          return (
            <>
              {keys.length === 0 && <p>{t.webauthn.none}</p>}
              <ul class="rows">
                {keys.map((key) => (
                  <Row key={key.id} of={key} action={action} changed={list.reload} remove={() => setRemoving(key)} />
                ))}
              </ul>
            </>
          );
        }}
      </Show>
      <Add done={() => (list.reload(), action.say(t.webauthn.added))} />
      {removing && (
        <Confirm
          title={t.webauthn.removeTitle}
          text={t.webauthn.removeText(removing.name)}
          submit={t.webauthn.short.remove}
          confirm={() => void remove(removing)}
          close={() => setRemoving(undefined)}
        />
      )}
    </Account>
  );
}

interface RowProps {
  of: Key;
  action: Action;
  changed(): void;
  remove(): void;
}

function Row({ of: key, action, changed, remove }: RowProps) {
  const [isRenaming, setRenaming] = useState(false);
  if (isRenaming) {
    const renamed = () => (setRenaming(false), changed(), action.say(t.webauthn.renamed));
    return (
      <li>
        <Form
          submit={t.webauthn.save}
          send={({ name = '' }) => client.renameKey({ id: key.id, name: name.trim() })}
          done={renamed}
          actions={<Button onClick={() => setRenaming(false)}>{t.common.cancel}</Button>}
        >
          <Field name="name" label={t.fields.keyName} value={key.name} />
        </Form>
      </li>
    );
  }
  return (
    <li>
      <div class="what">
        <strong>{key.name}</strong>
        <span class="muted">
          {key.is_passwordless ? t.webauthn.passkey : t.webauthn.key} · {t.webauthn.created(day(key.created_at))}
          {key.last_used_at && ` · ${t.webauthn.used(day(key.last_used_at))}`}
        </span>
      </div>
      <div class="do">
        <Button label={t.webauthn.rename(key.name)} onClick={() => setRenaming(true)}>
          {t.webauthn.short.rename}
        </Button>
        <Button label={t.webauthn.remove(key.name)} isBusy={action.busy === `remove ${key.id}`} onClick={remove}>
          {t.webauthn.short.remove}
        </Button>
      </div>
    </li>
  );
}

function Add({ done }: { done(): void }) {
  const [needsAddress, setNeedsAddress] = useState(false);
  if (!client.passkeys.isSupported()) return <p>{t.webauthn.unsupported}</p>;
  if (needsAddress) return <Unverified />;
  return (
    <section>
      <h2>{t.webauthn.addTitle}</h2>
      <Form
        submit={t.webauthn.add}
        resets
        send={({ name = '', kind }) => {
          const passwordless = kind === 'passkey';
          return client.passkeys.add(name.trim() ? { name: name.trim(), passwordless } : { passwordless });
        }}
        failed={(failure) => (isUnverified(failure) ? (setNeedsAddress(true), true) : false)}
        done={done}
      >
        <Field name="name" label={t.fields.keyName} placeholder={t.webauthn.namePlaceholder} optional />
        {canLogIn() && (
          <fieldset>
            <legend>{t.webauthn.kind}</legend>
            <label class="choice">
              <input type="radio" name="kind" value="passkey" defaultChecked /> {t.webauthn.kindPasskey}
            </label>
            <label class="choice">
              <input type="radio" name="kind" value="key" /> {t.webauthn.kindKey}
            </label>
          </fieldset>
        )}
      </Form>
    </section>
  );
}

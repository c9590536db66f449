// The step that waits for a code from a mail or text message.

import type { Result } from 'latchkey';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { getTarget, keepTarget, type Target } from '../memo';
import { client } from '../session';
import { t, type Texts } from '../texts';
import { Outcome, useAction } from './action';
import { Button } from './button';
import { CodeField } from './field';
import { Form, type Values } from './form';
import { Entrance } from './layout';
import { StartOver } from './start-over';

/** How to send the code to another address or number. */
interface Change {
  /** The name of the field. */
  name: keyof Target;
  words: Pick<Texts['verifyPhone'], 'change' | 'changeTitle' | 'changeSubmit'>;
  send(values: Values): Promise<Result<unknown>>;
  /** The field. */
  children: ComponentChildren;
}

interface CodeStepProps {
  words: Pick<Texts['verifyPhone'], 'title' | 'sentTo' | 'sent' | 'submit' | 'expired' | 'resend' | 'resent'>;
  send(code: string): Promise<Result<unknown>>;
  done?(): void;
  /** Sends another code. `false`: the service does not. */
  resend: typeof client.resendEmailCode | false;
  change?: Change | false;
  /** The text of the button that gives the step up. */
  leave?: string;
}

export function CodeStep({ words, send, done, resend, change, leave }: CodeStepProps) {
  const [{ email, phone }, setTarget] = useState(getTarget);
  const [isChanging, setChanging] = useState(false);
  const action = useAction();
  const to = email ?? phone;
  const failures = { conflict: words.expired };

  if (change && isChanging) {
    const changed = (values: Values) => {
      keepTarget({ ...getTarget(), [change.name]: values[change.name] });
      setTarget(getTarget());
      setChanging(false);
    };
    return (
      <Entrance key="change" title={change.words.changeTitle}>
        <Form submit={change.words.changeSubmit} words={failures} send={change.send} done={changed}>
          {change.children}
        </Form>
        <p class="switch">
          <Button kind="link" onClick={() => setChanging(false)}>
            {t.common.back}
          </Button>
        </p>
      </Entrance>
    );
  }
  return (
    <Entrance key="code" title={words.title} lead={to ? words.sentTo(to) : words.sent}>
      <Outcome of={action} />
      <Form submit={words.submit} words={failures} send={({ code = '' }) => send(code.trim())} done={done}>
        <CodeField />
      </Form>
      <p class="switch">
        {resend && (
          <Button
            kind="link"
            onClick={() => void action.run('resend', resend, { notice: words.resent, words: failures })}
          >
            {words.resend}
          </Button>
        )}
        {change && (
          <Button kind="link" onClick={() => setChanging(true)}>
            {change.words.change}
          </Button>
        )}
        <StartOver text={leave} />
      </p>
    </Entrance>
  );
}

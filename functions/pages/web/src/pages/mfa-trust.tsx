import { Outcome, useAction } from '../components/action';
import { Button } from '../components/button';
import { Entrance } from '../components/layout';
import { client } from '../session';
import { t } from '../texts';

export default function MfaTrust() {
  const action = useAction();
  const say = (trust: boolean) => void action.run(String(trust), () => client.trustBrowser(trust));
  return (
    <Entrance title={t.trust.title} lead={t.trust.text}>
      <Outcome of={action} />
      <div class="actions">
        <Button kind="primary" isBusy={action.busy === 'true'} onClick={() => say(true)}>
          {t.trust.yes}
        </Button>
        <Button isBusy={action.busy === 'false'} onClick={() => say(false)}>
          {t.trust.no}
        </Button>
      </div>
    </Entrance>
  );
}

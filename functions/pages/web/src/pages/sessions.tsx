import type { Data } from 'latchkey';
import { useState } from 'preact/hooks';
import { Outcome, useAction } from '../components/action';
import { Button } from '../components/button';
import { Confirm } from '../components/dialog';
import { Account } from '../components/layout';
import { Show, useLoad } from '../components/load';
import { device, moment } from '../format';
import { client } from '../session';
import { t } from '../texts';

type Session = Data<'listSessions'>[number];

export default function Sessions() {
  const list = useLoad(client.listSessions);
  const action = useAction();
  const [isAsking, setAsking] = useState(false);
  const end = async (ids: number[], notice: string) => {
    const done = await action.run(ids.join(), () => client.endSessions(ids), { notice });
    if (done?.data) list.set(done.data);
  };
  return (
    <Account title={t.sessions.title} lead={t.sessions.text}>
      <Outcome of={action} />
      <Show of={list}>
        {(sessions) => {
          const sorted = [...sessions].sort(
            (a, b) => Number(b.is_current) - Number(a.is_current) || b.created_at - a.created_at,
          );
          const others = sorted.filter((it) => !it.is_current).map(({ id }) => id);
          return (
            <>
              <ul class="rows">
                {sorted.map((it) => (
                  <Row
                    key={it.id}
                    of={it}
                    isBusy={action.busy === String(it.id)}
                    end={() => void end([it.id], t.sessions.ended)}
                  />
                ))}
              </ul>
              {others.length ? (
                <Button onClick={() => setAsking(true)}>{t.sessions.endOthers}</Button>
              ) : (
                <p class="muted">{t.sessions.only}</p>
              )}
              {isAsking && (
                <Confirm
                  title={t.sessions.endOthersTitle}
                  text={t.sessions.endOthersText}
                  submit={t.sessions.endOthers}
                  confirm={() => void end(others, t.sessions.endedOthers)}
                  close={() => setAsking(false)}
                />
              )}
            </>
          );
        }}
      </Show>
    </Account>
  );
}

function Row({ of: session, isBusy, end }: { of: Session; isBusy: boolean; end(): void }) {
  const name = device(session.user_agent);
  return (
    <li>
      <div class="what">
        <strong>{name}</strong> {session.is_current && <span class="tag good">{t.sessions.current}</span>}
        <span class="muted">
          {session.ip} · {t.sessions.started(moment(session.created_at))}
          {session.last_seen_at && ` · ${t.sessions.seen(moment(session.last_seen_at))}`}
        </span>
      </div>
      <div class="do">
        {!session.is_current && (
          <Button isBusy={isBusy} label={t.sessions.end(name)} onClick={end}>
            {t.sessions.short}
          </Button>
        )}
      </div>
    </li>
  );
}

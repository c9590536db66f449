import { useEffect } from 'preact/hooks';
import { boot } from '../boot';
import { Form } from '../components/form';
import { Entrance } from '../components/layout';
import { Loading } from '../components/messages';
import { Link, navigate } from '../router';
import { client, useSession, userOf } from '../session';
import { t } from '../texts';

const away = () => navigate(boot.logoutRedirectUrl, { replace: true });

export default function Logout() {
  const state = useSession();
  const user = userOf(state);
  useEffect(() => {
    if (state.status === 'anonymous') away();
  }, [state.status]);
  if (state.status === 'loading') return <Loading />;
  return (
    <Entrance title={t.logout.title} lead={user && t.logout.text(user.display)}>
      <Form submit={t.logout.submit} send={client.logout} done={away} />
      <p class="switch">
        <Link to="/accounts/">{t.logout.stay}</Link>
      </p>
    </Entrance>
  );
}

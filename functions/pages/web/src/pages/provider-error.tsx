import { Entrance } from '../components/layout';
import { Link, usePlace, withNext } from '../router';
import { useSession, userOf } from '../session';
import { t } from '../texts';

export default function ProviderError() {
  const { query } = usePlace();
  const user = userOf(useSession());
  const text = t.providerError.byCode[query.get('error') ?? ''] ?? t.providerError.text;
  return (
    <Entrance title={t.providerError.title} lead={text}>
      {user ? (
        <Link to="/accounts/3rdparty/" class="button primary">
          {t.nav.providers}
        </Link>
      ) : (
        <Link to={withNext('/accounts/login/')} class="button primary">
          {t.common.backToLogin}
        </Link>
      )}
    </Entrance>
  );
}

import { Entrance } from '../components/layout';
import { Link, withNext } from '../router';
import { t } from '../texts';

export default function ProviderCancelled() {
  return (
    <Entrance title={t.providerCancelled.title} lead={t.providerCancelled.text}>
      <Link to={withNext('/accounts/login/')} class="button primary">
        {t.common.backToLogin}
      </Link>
    </Entrance>
  );
}

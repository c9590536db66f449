import { Entrance } from '../components/layout';
import { Link } from '../router';
import { t } from '../texts';

export default function Inactive() {
  return (
    <Entrance title={t.inactive.title} lead={t.inactive.text}>
      <Link to="/accounts/login/" class="button primary">
        {t.common.backToLogin}
      </Link>
    </Entrance>
  );
}

import { Entrance } from '../components/layout';
import { Link } from '../router';
import { t } from '../texts';

export default function NotFound() {
  return (
    <Entrance title={t.notFound.title} lead={t.notFound.text}>
      <Link to="/accounts/" class="button primary">
        {t.notFound.home}
      </Link>
    </Entrance>
  );
}

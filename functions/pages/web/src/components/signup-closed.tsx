import { Link, withNext } from '../router';
import { t } from '../texts';
import { Entrance } from './layout';

/** The page instead of a signup while signup is closed. */
export const SignupClosed = () => (
  <Entrance title={t.signup.closedTitle} lead={t.signup.closedText}>
    <Link to={withNext('/accounts/login/')} class="button primary">
      {t.common.backToLogin}
    </Link>
  </Entrance>
);

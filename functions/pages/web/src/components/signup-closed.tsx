import { Link, withNext } from '../router';
import { t } from '../texts';
import { Entrance } from './layout';

/** The page in place of a signup while nobody can sign up. */
export const SignupClosed = () => (
  <Entrance title={t.signup.closedTitle} lead={t.signup.closedText}>
    <Link to={withNext('/accounts/login/')} class="button primary">
      {t.common.backToLogin}
    </Link>
  </Entrance>
);

// Chooses the page for an address, and redirects people who cannot use that page.

import type { AuthState } from 'latchkey';
import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { boot } from './boot';
import { Entrance } from './components/layout';
import { Loading, Problem } from './components/messages';
import { ReauthenticationOverlay } from './components/reauthentication';
import { LOGIN } from './flow';
import { getPlace, leave, navigate, usePlace, withNext } from './router';
import { findRoute, pageOfFlow, type Needs, type PageProps } from './routes';
import { client, useSession } from './session';
import { t } from './texts';

type Page = FunctionComponent<PageProps>;

const pages = import.meta.glob<{ default: Page }>('./pages/*.tsx');

export function App() {
  const place = usePlace();
  const state = useSession();
  const match = findRoute(place.path);
  const detour = match && detourOf(match.route.needs, state);
  // The page might have navigated already.
  useEffect(() => {
    if (getPlace() === place) detour?.();
  }, [detour, place]);
  const shown = usePageFile(match?.route.page ?? 'not-found');

  const isForAll = !match || match.route.needs === 'anyone' || match.route.needs === 'nobody';
  if (shown === 'broken') return <Broken />;
  if (state.status === 'unavailable' && !isForAll) return <Unavailable />;
  const isKnown = isForAll || state.status !== 'loading';
  if (!shown || !isKnown || detour) return <Loading />;
  const Page = shown;
  return (
    <>
      <Page key={place.path} routeKey={match?.key ?? ''} />
      <ReauthenticationOverlay />
    </>
  );
}

/** Returns a function that redirects a person who cannot use a page, or `undefined` if the person can. */
function detourOf(needs: Needs, state: AuthState): (() => void) | undefined {
  const isIn = state.status === 'authenticated' || state.status === 'reauthentication';
  const pending = state.status === 'pending' ? state.flow.id : undefined;
  const toStep = () => navigate(withNext(pageOfFlow(pending!)), { replace: true });
  switch (needs) {
    case 'anyone':
      return undefined;
    case 'nobody':
      if (isIn) return leave;
      // A password reset that has begun does not prevent a login.
      return pending && pending !== 'password_reset_by_code' ? toStep : undefined;
    case 'user':
      if (pending) return toStep;
      return state.status === 'anonymous'
        ? () => navigate(withNext(LOGIN, location.pathname + location.search), { replace: true })
        : undefined;
    default:
      if (isIn) return leave;
      if (pending && pending !== needs) return toStep;
      return state.status === 'anonymous' ? () => navigate(`${withNext(LOGIN)}#expired`, { replace: true }) : undefined;
  }
}

/**
 * Loads the file of a page. The result is `broken` if it cannot be loaded, for example after a deployment of a newer
 * version.
 */
function usePageFile(name: string): Page | 'broken' | undefined {
  const [loaded, setLoaded] = useState<{ name: string; page: Page | 'broken' }>();
  useEffect(() => {
    let isCurrent = true;
    const keep = (page: Page | 'broken') => isCurrent && setLoaded({ name, page });
    pages[`./pages/${name}.tsx`]!().then(
      (file) => keep(file.default),
      () => keep('broken'),
    );
    return () => void (isCurrent = false);
  }, [name]);
  return loaded?.name === name ? loaded.page : undefined;
}

const Broken = () => (
  <Entrance title={t.broken.title} lead={t.broken.text}>
    <a class="button primary" href={location.href}>
      {t.broken.reload}
    </a>
  </Entrance>
);

function Unavailable() {
  const state = useSession();
  if (state.status !== 'unavailable') return null;
  return (
    <Entrance title={t.failures.title}>
      <Problem failure={state.failure} retry={() => void client.reload()} />
    </Entrance>
  );
}

/** The page for an origin that is not the service's. The service would refuse requests from here. */
export const WrongOrigin = () => (
  <Entrance title={t.wrongOrigin.title} lead={t.wrongOrigin.text}>
    <a class="button primary" href={new URL(location.pathname + location.search, boot.publicUrl).href}>
      {t.wrongOrigin.go(new URL(boot.publicUrl).host)}
    </a>
  </Entrance>
);

// The frames of pages: a centered card for login pages, two columns for account pages.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { boot } from '../boot';
import { addressOf, getPlace, Link, navigate } from '../router';
import { findRoute } from '../routes';
import { client, getConfiguration, useSession } from '../session';
import { t } from '../texts';
import { useAction } from './action';
import { Alert } from './messages';

/** The heading of a page. After a navigation it gets the focus, and sets the title of the document. */
function Heading({ children }: { children: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${children} · ${boot.brand.name}`;
    if (getPlace().isMove) heading.current?.focus();
  }, [children]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

/** The product's logo, or its name. */
function Brand() {
  const { name, logoUrl } = boot.brand;
  return <span class="brand">{logoUrl ? <img src={addressOf(logoUrl)} alt={name} /> : name}</span>;
}

function Footer() {
  const { termsUrl, privacyUrl } = boot.brand;
  if (!termsUrl && !privacyUrl) return null;
  return (
    <footer>
      {termsUrl && <a href={addressOf(termsUrl)}>{t.common.terms}</a>}
      {privacyUrl && <a href={addressOf(privacyUrl)}>{t.common.privacy}</a>}
    </footer>
  );
}

interface PageProps {
  title: string;
  /** A sentence below the title. */
  lead?: ComponentChildren;
  children?: ComponentChildren;
}

/** A page for login, signup or a step of them. */
export const Entrance = ({ title, lead, children }: PageProps) => (
  <div class="entrance">
    <header>
      <Brand />
    </header>
    <main class="card">
      <Heading>{title}</Heading>
      {lead && <p class="lead">{lead}</p>}
      {children}
    </main>
    <Footer />
  </div>
);

/** A page of the account. */
export function Account({ title, lead, children }: PageProps) {
  const state = useSession();
  const skip = () => document.querySelector('h1')?.focus();
  return (
    <div class="account">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), skip())}>
        {t.common.skip}
      </a>
      <header class="bar">
        <Link to="/accounts/" class="home">
          <Brand />
        </Link>
        {'user' in state && <span class="muted who">{state.user.display}</span>}
      </header>
      <div class="columns">
        <Navigation />
        <main id="main">
          <Heading>{title}</Heading>
          {lead && <p class="lead">{lead}</p>}
          {children}
        </main>
      </div>
      <Footer />
    </div>
  );
}

function Navigation() {
  const { path } = getPlace();
  const page = findRoute(path)?.route;
  const logout = useAction();
  const end = async () => {
    const isOut = await logout.run('logout', client.logout);
    if (isOut) navigate(boot.logoutRedirectUrl, { replace: true });
  };
  return (
    <nav aria-label={t.nav.label}>
      <ul>
        {sections().map(({ to, label, below }) => (
          <li key={to}>
            <Link to={to} current={page === findRoute(to)?.route || (below !== undefined && path.startsWith(below))}>
              {label}
            </Link>
          </li>
        ))}
        <li>
          <button type="button" onClick={end} aria-disabled={logout.busy ? 'true' : undefined}>
            {t.common.logout}
          </button>
        </li>
      </ul>
      {logout.problem && <Alert>{logout.problem}</Alert>}
    </nav>
  );
}

interface Section {
  to: string;
  label: string;
  /** Paths that start with this prefix also belong to the section. */
  below?: string;
}

/** The sections of the account that the settings turn on. */
export function sections(): Section[] {
  const { mfa, socialaccount, usersessions } = getConfiguration();
  const has = (there: unknown, section: Section): Section[] => (there ? [section] : []);
  return [
    { to: '/accounts/', label: t.nav.overview },
    { to: '/accounts/email/', label: t.nav.email },
    ...has(boot.account.hasPhone, { to: '/accounts/phone/', label: t.nav.phone }),
    ...has(!boot.account.providersOnly, {
      to: '/accounts/password/change/',
      label: t.nav.password,
      below: '/accounts/password/',
    }),
    ...has(mfa?.supported_types.length, { to: '/accounts/2fa/', label: t.nav.mfa, below: '/accounts/2fa/' }),
    ...has(socialaccount?.providers.length, { to: '/accounts/3rdparty/', label: t.nav.providers }),
    ...has(usersessions, { to: '/accounts/sessions/', label: t.nav.sessions }),
  ];
}

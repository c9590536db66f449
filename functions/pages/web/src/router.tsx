// The address of the page, and navigation. The paths of pages are relative to the path of `PUBLIC_URL`.

import type { ComponentChildren, TargetedMouseEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { boot } from './boot';
import { findRoute } from './routes';

/** The address of the page. The same object until the address changes. */
export interface Place {
  /** The path relative to that of `PUBLIC_URL`. */
  path: string;
  query: URLSearchParams;
  /** Whether the user navigated here from another page of this document. */
  isMove: boolean;
}

/** The path of `PUBLIC_URL`, without a slash at its end. */
const PREFIX = new URL(boot.publicUrl).pathname.replace(/\/$/, '');

/** Returns the URL path of a path of the service. Other URLs are returned unchanged. */
export const addressOf = (to: string): string => (/^\/(?!\/)/.test(to) ? PREFIX + to : to);

/** Finds the page at a path of this origin. */
const findPage = (path: string) => (path.startsWith(`${PREFIX}/`) ? findRoute(path.slice(PREFIX.length)) : undefined);

const read = (isMove: boolean): Place => ({
  path: location.pathname.startsWith(`${PREFIX}/`) ? location.pathname.slice(PREFIX.length) : location.pathname,
  query: new URLSearchParams(location.search),
  isMove,
});

let place = read(false);
const listeners = new Set<() => void>();

function arrive(): void {
  place = read(true);
  listeners.forEach((listener) => listener());
}

addEventListener('popstate', arrive);

/** The URL that the document is about to load. */
let leaving: string | undefined;
addEventListener('pageshow', () => (leaving = undefined));

/** Returns the address of the page. */
export const getPlace = (): Place => place;

/** Returns the address of the page, and renders again when it changes. */
export function usePlace(): Place {
  const [now, setNow] = useState(place);
  useEffect(() => {
    const update = () => setNow(place);
    listeners.add(update);
    update();
    return () => void listeners.delete(update);
  }, []);
  return now;
}

/** Goes to one of the hosted pages, or leaves for another URL. */
export function navigate(to: string, { replace = false } = {}): void {
  const url = new URL(addressOf(to), location.href);
  if (url.origin !== location.origin || !findPage(url.pathname)) {
    // A second assignment of the same URL would cancel the first one.
    if (leaving !== url.href) location.assign(url);
    leaving = url.href;
    return;
  }
  history[replace ? 'replaceState' : 'pushState'](null, '', url);
  scrollTo(0, 0);
  arrive();
}

/** Adds the current `next` to a path, so that it is kept through a flow with several pages. */
export function withNext(path: string, next = place.query.get('next')): string {
  return next ? `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams({ next })}` : path;
}

/** Goes to the target of a login: `next` if it is safe, or else the page in the settings. */
export function leave(): void {
  const { loginRedirectUrl } = boot;
  const usual = leadsBack(new URL(addressOf(loginRedirectUrl), location.origin)) ? '/accounts/' : loginRedirectUrl;
  navigate(safeNext(place.query.get('next')) ?? usual, { replace: true });
}

/** Returns `next` if it leads to this origin or to one that the settings trust. */
export function safeNext(next: string | null, trusted: readonly string[] = boot.trustedOrigins): string | undefined {
  // Browsers strip control characters, and read `\` as `/`.
  if (!next || /[\u0000-\u001f\u007f\\]/.test(next)) return undefined;
  const url = parse(next, location.origin);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
  const isTrusted = url.origin === location.origin || trusted.some((origin) => covers(origin, url));
  return isTrusted && !leadsBack(url) ? url.href : undefined;
}

/** Returns whether a page is only for people who are not logged in. It would redirect logged-in users back here. */
function leadsBack(url: URL): boolean {
  const needs = url.origin === location.origin ? findPage(url.pathname)?.route.needs : undefined;
  return needs !== undefined && needs !== 'user' && needs !== 'anyone';
}

function covers(origin: string, url: URL): boolean {
  const [scheme, host] = origin.split('://*.');
  if (host === undefined) return parse(origin)?.origin === url.origin;
  return url.protocol === `${scheme}:` && url.host.endsWith(`.${host}`);
}

function parse(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

interface LinkProps {
  to: string;
  class?: string;
  current?: boolean;
  children: ComponentChildren;
}

/** A link to one of the hosted pages. */
export function Link({ to, current, children, ...rest }: LinkProps) {
  const follow = (event: TargetedMouseEvent<HTMLAnchorElement>) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={addressOf(to)} onClick={follow} aria-current={current ? 'page' : undefined} {...rest}>
      {children}
    </a>
  );
}

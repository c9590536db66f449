// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import { StrictMode, Suspense } from 'react';
import { afterEach, expect, it } from 'vitest';
import { createClient, type Client } from '../src/index.js';
import { Anonymous, Authenticated, LatchkeyProvider, useClient, useFlow, useSession } from '../src/react/index.js';

afterEach(cleanup);

const USER = { id: '1', display: 'Ada', has_usable_password: true };
const ANONYMOUS = { status: 401, data: { flows: [{ id: 'login' }] }, meta: { is_authenticated: false } };
const PENDING = { status: 401, data: { flows: [{ id: 'login' }, { id: 'verify_email', is_pending: true }] }, meta: { is_authenticated: false } };
const LOGGED_IN = { status: 200, data: { user: USER, methods: [] }, meta: { is_authenticated: true } };

/** Returns a client whose service answers from a list, and a function that returns the number of requests. */
function clientOf(...answers: { status: number }[]): { client: Client; asked: () => number } {
  let count = 0;
  const client = createClient({
    baseUrl: 'https://auth.example.com',
    client: 'app',
    fetch: async () => {
      const answer = answers[Math.min(count++, answers.length - 1)]!;
      return new Response(JSON.stringify(answer), { status: answer.status, headers: { 'content-type': 'application/json' } });
    },
  });
  return { client, asked: () => count };
}

function Page() {
  const session = useSession();
  const { flow } = useFlow();
  return <p>{session.status}{flow ? ` ${flow.id}` : ''}</p>;
}

it('renders loading first and never suspends, and fetches the session once in StrictMode', async () => {
  const { client, asked } = clientOf(ANONYMOUS);
  const shown: string[] = [];
  const Watch = () => {
    shown.push(useSession().status);
    return null;
  };
  render(
    <StrictMode>
      <LatchkeyProvider client={client}>
        <Suspense fallback={<p>suspended</p>}>
          <Page />
          <Watch />
        </Suspense>
      </LatchkeyProvider>
    </StrictMode>,
  );
  expect(screen.getByText('loading')).toBeTruthy();
  expect(screen.queryByText('suspended')).toBeNull();
  expect(await screen.findByText('anonymous')).toBeTruthy();
  expect(new Set(shown)).toEqual(new Set(['loading', 'anonymous']));
  expect(asked()).toBe(1);
});

it('renders again when a call changes the state', async () => {
  const { client } = clientOf(ANONYMOUS, PENDING, LOGGED_IN);
  render(<LatchkeyProvider client={client}><Page /></LatchkeyProvider>);
  await screen.findByText('anonymous');
  await act(() => client.login({ email: 'a@example.com', password: 'secret' }));
  expect(screen.getByText('pending verify_email')).toBeTruthy();
  await act(() => client.verifyEmail('123456'));
  expect(screen.getByText('authenticated')).toBeTruthy();
});

it('guards routes by the state of the session', async () => {
  const { client } = clientOf(ANONYMOUS, LOGGED_IN);
  render(
    <LatchkeyProvider client={client}>
      <Authenticated fallback={<p>log in first</p>} loading={<p>one moment</p>}><p>account</p></Authenticated>
      <Anonymous fallback={<p>welcome back</p>}><p>login form</p></Anonymous>
    </LatchkeyProvider>,
  );
  expect(screen.getByText('one moment')).toBeTruthy();
  expect(screen.queryByText('log in first')).toBeNull();
  await screen.findByText('log in first');
  expect(screen.getByText('login form')).toBeTruthy();
  await act(() => client.login({ email: 'a@example.com', password: 'secret' }));
  expect(screen.getByText('account')).toBeTruthy();
  expect(screen.getByText('welcome back')).toBeTruthy();
});

it('names the missing provider', () => {
  const Lost = () => <>{useClient().getSnapshot().status}</>;
  const original = console.error;
  console.error = () => {};
  expect(() => render(<Lost />)).toThrow('LatchkeyProvider');
  console.error = original;
});

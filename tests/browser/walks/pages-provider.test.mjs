// The hosted pages with an OpenID Connect provider.

import { after } from 'node:test';
import { byCode, logOut } from '../support/account.mjs';
import { OpenIdProvider } from '../support/openid.mjs';
import { ADA, pageWalk } from '../support/pages.mjs';

const provider = await OpenIdProvider.start({ sub: '1', email: ADA, email_verified: true, name: 'Ada' });
after(() => provider.close());

const byOpenId = { ...byCode, SOCIALACCOUNT_PROVIDERS: provider.settings };

pageWalk('signing up and logging in through an OpenID provider', { settings: byOpenId, everywhere: true }, async (walk) => {
  const { pages } = walk;
  await pages.open('/accounts/login/?next=%2Faccounts%2Fsessions%2F');
  await pages.press('Continue with Example');
  await pages.press(`Continue as ${ADA}`);
  await pages.shows('Sessions');
  await pages.follow('Connected accounts');
  await pages.says('Example');
  await logOut(walk);
  await pages.press('Continue with Example');
  await pages.press(`Continue as ${ADA}`);
  await pages.shows('Your account');
});

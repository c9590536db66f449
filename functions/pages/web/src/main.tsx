import type { Failure } from 'latchkey';
import { render } from 'preact';
import { App, WrongOrigin } from './app';
import { boot } from './boot';
import { Entrance } from './components/layout';
import { Problem } from './components/messages';
import { client, loadConfiguration } from './session';
import { t } from './texts';
import './styles/main.css';

const root = document.getElementById('app')!;

/** Shows the page when the service's configuration is known. */
async function start(): Promise<void> {
  if (new URL(boot.publicUrl).origin !== location.origin) return render(<WrongOrigin />, root);
  void client.load();
  const failure = await loadConfiguration();
  render(failure ? <Unavailable failure={failure} /> : <App />, root);
}

const Unavailable = ({ failure }: { failure: Failure }) => (
  <Entrance title={t.failures.title}>
    <Problem failure={failure} retry={() => void start()} />
  </Entrance>
);

void start();

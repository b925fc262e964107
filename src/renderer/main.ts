/**
 * Where the window begins: finds the studio (through Electron's port, or the socket of the server host) and shows the
 * application. app/App.svelte goes on.
 */
import { mount } from 'svelte';
import App from './app/App.svelte';
import { openTransport } from './app/host.ts';
import { Studio } from './app/studio.svelte.ts';
import { t } from './strings/index.ts';
import './styles/tokens.css';
import './styles/base.css';

const target = document.querySelector('#app');
if (!target) throw new Error('internal: the page has no #app');
try {
  const studio = await Studio.start(openTransport);
  mount(App, { target, props: { studio } });
} catch {
  target.textContent = t('app.unreachable');
}

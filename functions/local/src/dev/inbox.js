// The inbox. Messages arrive as server-sent events; the newest is on top and is opened.

const element = (id) => document.getElementById(id);
const messages = new Map();
let opened = null;
let view = 'html';

const events = new EventSource('/dev/inbox/events');
events.onmessage = (event) => {
  const message = JSON.parse(event.data);
  if (messages.has(message.id)) return;
  messages.set(message.id, message);
  element('empty').hidden = true;
  element('messages').prepend(row(message));
  open(message);
};

element('clear').onclick = async () => {
  const response = await fetch('/dev/inbox/', { method: 'DELETE' });
  if (!response.ok) return;
  messages.clear();
  element('messages').replaceChildren();
  element('message').hidden = true;
  element('empty').hidden = false;
};

for (const button of element('views').children) {
  button.onclick = () => {
    view = button.dataset.view;
    show(opened);
  };
}

element('code').querySelector('button').onclick = () => navigator.clipboard.writeText(opened.code);

function row(message) {
  const button = document.createElement('button');
  button.type = 'button';
  button.dataset.id = message.id;
  const subject = document.createElement('strong');
  subject.textContent = message.subject || message.text;
  const to = document.createElement('span');
  to.textContent = message.to;
  button.append(subject, to);
  button.onclick = () => {
    open(message);
    element('subject').focus();
  };
  const item = document.createElement('li');
  item.append(button);
  return item;
}

function open(message) {
  opened = message;
  for (const button of element('messages').querySelectorAll('button')) {
    button.setAttribute('aria-current', String(button.dataset.id === message.id));
  }
  element('message').hidden = false;
  element('subject').textContent = message.subject || 'Text message';
  element('to').textContent = message.to;
  element('from').textContent = message.from || '–';
  element('code').hidden = message.code === null;
  element('code').querySelector('output').textContent = message.code ?? '';
  element('links').replaceChildren(...message.links.map(link));
  show(message);
}

function link(address) {
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.textContent = address;
  anchor.target = '_blank';
  anchor.rel = 'noopener';
  const item = document.createElement('li');
  item.append(anchor);
  return item;
}

async function show(message) {
  const shown = view === 'html' && message.html === null ? 'text' : view;
  for (const button of element('views').children) {
    button.hidden = button.dataset.view === 'html' && message.html === null;
    button.setAttribute('aria-pressed', String(button.dataset.view === shown));
  }
  for (const id of ['html', 'text', 'source']) element(id).hidden = id !== shown;
  if (shown === 'html') element('html').src = address(message, 'html');
  if (shown === 'text') element('text').textContent = message.text;
  if (shown === 'source') element('source').textContent = await (await fetch(address(message, 'source'))).text();
}

const address = (message, part) => `/dev/inbox/${encodeURIComponent(message.id)}/${part}`;

import './style.css';
import { render } from 'preact';
import { watchRoom } from '../src/room.ts';
import { createSay } from '../src/texts/catalogue.ts';
import { pathOf } from './client.ts';
import { startConductor } from './conductor.ts';
import { ConsentPage } from './consent-page.tsx';
import { readGiven } from './given.ts';

const path = pathOf(location.pathname);
const root = document.getElementById('page');
if (path === null || root === null) throw new Error('this page lives at /consent/{token}');

watchRoom(document.documentElement);
const { language, texts, ...given } = readGiven(document);
const say = createSay(texts, language);
const conductor = startConductor(path, language, given, () => queueMicrotask(show));
show();

function show(): void {
  if (root !== null) render(<ConsentPage conductor={conductor} say={say} />, root);
}

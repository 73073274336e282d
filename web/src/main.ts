// Where does the page start? It mounts the study list.
import { mount } from 'svelte';
import Studies from './pages/Studies.svelte';
import './page.css';

const target = document.getElementById('app');
if (target) mount(Studies, { target });

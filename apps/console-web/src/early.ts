// Runs before anything is painted: a page that is meant to be dark never flashes.
import { applyTheme, keptTheme } from './parts/settings.js';

applyTheme(keptTheme());

/** The only script: it adds copy buttons. Without it, nothing is missing but these. */
export const script = `'use strict';
for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener('click', () => {
    const shown = [...document.querySelectorAll(button.dataset.copy)].find((one) => one.offsetParent !== null);
    if (!shown) return;
    navigator.clipboard.writeText(shown.textContent.trim()).then(() => {
      const before = button.textContent;
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = before; }, 2000);
    }, () => undefined);
  });
}
`;

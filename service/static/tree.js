// The rule form follows the kind chosen at once; without a script the button beside it does the same.
document.addEventListener("change", (event) => {
  const select = event.target;
  if (!(select instanceof HTMLSelectElement) || !("redraws" in select.dataset)) return;
  const button = select.parentElement.querySelector("button[value=redraw]");
  if (button && select.form) select.form.requestSubmit(button);
});

// Names in a form's button how many rows are chosen. Without scripts the button keeps its general words.
for (const button of document.querySelectorAll("button[data-chosen]")) {
  const general = button.textContent;
  const show = () => {
    const chosen = button.form.querySelectorAll('input[type=radio]:checked:not([value=""])').length;
    button.textContent = chosen ? button.dataset.chosen.replace("{n}", chosen) : general;
  };
  button.form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
}

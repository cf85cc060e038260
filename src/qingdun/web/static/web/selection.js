// Rows of a list: a click opens the row, check boxes fill the bulk bar.
"use strict";

let leaving = 0;

function count(form) {
  const boxes = [...form.querySelectorAll("input[name=selected]")];
  const chosen = boxes.filter((box) => box.checked);
  for (const box of boxes) box.closest("tr").toggleAttribute("data-selected", box.checked);
  const all = form.querySelector("[data-select-all]");
  if (all) {
    all.checked = boxes.length > 0 && chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  const bar = form.querySelector("[data-bulk]");
  bar.dataset.count = chosen.length;
  const text = bar.querySelector("[data-selected-text]");
  text.textContent = text.dataset.selectedText.replace("%s", chosen.length);
}

function recount() {
  for (const form of document.querySelectorAll("form[data-selection]")) count(form);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-selection]");
  if (!form) return;
  if (event.target.matches("[data-select-all]")) {
    for (const box of form.querySelectorAll("input[name=selected]")) box.checked = event.target.checked;
  }
  count(form);
});

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-href]");
  if (!row || event.target.closest("a, button, input, label, summary, td.pick")) return;
  const leave = () => {
    if (String(window.getSelection())) return; // somebody is marking an address to copy it
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
    else location.assign(row.dataset.href);
  };
  clearTimeout(leaving);
  if (event.detail === 1) leaving = setTimeout(leave, 250); // a second click would mark a word
});

document.addEventListener("DOMContentLoaded", recount);
document.addEventListener("htmx:afterSwap", recount);

// Opens dialogs, asks before weighty acts, and closes menus as people expect (Escape, a click elsewhere).
"use strict";

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog).showModal();
  for (const menu of document.querySelectorAll("details.menu[open], details.nav-phone[open]")) {
    if (!menu.contains(event.target) || opener) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open], details.nav-phone[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  const form = event.target;
  const question = (button && button.dataset.confirm) || form.dataset.confirm;
  if (!question || form.dataset.confirmed) {
    delete form.dataset.confirmed;
    return;
  }
  event.preventDefault();
  const dialog = document.getElementById("confirm");
  const chosen = form.querySelectorAll("input[name=selected]:checked").length;
  document.getElementById("confirm-text").textContent = question.replace("%s", chosen);
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(button);
  }, { once: true });
}, true);

// A button with data-copy puts that text on the clipboard and says so.
"use strict";

async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea"); // plain http in an internal network has no clipboard interface
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await copyText(button.dataset.copy);
  announce(button.dataset.copied || "");
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1500);
});

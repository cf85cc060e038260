// Single keys: / search, j k rows, Enter opens (the focused link's own), x selects, g + letter goes, ? explains.
// WCAG 2.1.4: they can be switched off, and this browser remembers it.
"use strict";
(() => {
  const KEPT = "qingdun.keys";
  let going = 0; // when g was pressed

  const isOn = () => localStorage.getItem(KEPT) !== "off";
  const writing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");

  function step(by) {
    const rows = [...document.querySelectorAll("[data-rows] .row-link")];
    if (!rows.length) return;
    const here = document.activeElement.closest("[data-rows] > *");
    const now = here ? rows.indexOf(here.querySelector(".row-link")) : -1;
    const next = now < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, now + by));
    rows[next].focus();
    rows[next].scrollIntoView({ block: "nearest" });
  }

  function select() {
    const row = document.activeElement.closest("[data-rows] > *");
    const box = row && row.querySelector("input[name=selected]");
    if (box) box.click();
  }

  function go(letter) {
    const link = document.querySelector(`.nav a[data-letter="${CSS.escape(letter)}"]`);
    if (link) location.assign(link.href);
  }

  function search() {
    const field = document.getElementById("global-search");
    if (field && field.offsetParent) field.focus();
    else location.assign(document.querySelector(".top-search-link").href);
  }

  const acts = {
    "/": search,
    "j": () => step(1),
    "k": () => step(-1),
    "x": select,
    "g": () => { going = Date.now(); },
    "?": () => document.getElementById("keys").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (!isOn() || event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (Date.now() - going < 1500) {
      going = 0;
      go(event.key);
    } else if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    const toggle = document.getElementById("keys-on");
    if (!toggle) return;
    toggle.checked = isOn();
    toggle.addEventListener("change", () => localStorage.setItem(KEPT, toggle.checked ? "on" : "off"));
  });
})();

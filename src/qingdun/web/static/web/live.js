// Says aloud what a swap changed, and marks that scripts run (styles then hide what only serves without them).
"use strict";
document.documentElement.classList.add("js");

function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

document.addEventListener("htmx:afterSwap", (event) => {
  const spoken = document.querySelector("#" + CSS.escape(event.detail.target.id || "results") + "[data-live]");
  if (spoken) announce(spoken.dataset.live);
  for (const form of document.querySelectorAll("form[data-follows]")) {
    const leader = document.getElementById(form.dataset.follows);
    if (leader) form.action = location.pathname + leader.dataset.query;
  }
});

const failed = (shown) => {
  const notice = document.getElementById("failed");
  if (notice) notice.hidden = !shown;
};
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, () => failed(true));
}
document.addEventListener("htmx:afterSwap", () => failed(false));

document.addEventListener("DOMContentLoaded", () => {
  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();
});

// Completes field names anywhere in the query: the browser's own list offers whole values only, so what stands before
// the word being written is put in front of every offer.
"use strict";
(() => {
  const field = document.getElementById("query");
  const list = document.getElementById("query-fields");
  const names = [...list.options].map((option) => [option.value, option.textContent]);
  let shown = "";

  field.addEventListener("input", () => {
    const [, before, sign, word] = field.value.match(/^(.*\s|)(-?)(\S*)$/s);
    const open = (before.match(/"/g) || []).length % 2 || word.includes(":");
    const start = open ? null : before + sign;
    if (start === shown) return;
    shown = start;
    list.replaceChildren(...(open ? [] : names.map(([name, label]) => new Option(label, start + name))));
  });
})();

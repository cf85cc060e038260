// Says at once that a file is too big, instead of after sending it.
"use strict";
document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.type !== "file" || !field.dataset.most) return;
  const file = field.files[0];
  field.setCustomValidity(file && file.size > Number(field.dataset.most) ? field.dataset.tooBig : "");
  field.reportValidity();
});

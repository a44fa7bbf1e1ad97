// Tells at once that a chosen file is too large, instead of after its upload. The server checks again.
"use strict";

const file = document.querySelector("input[type=file][data-most-bytes]");

function tooLarge() {
  const chosen = file.files[0];
  return chosen !== undefined && chosen.size > Number(file.dataset.mostBytes);
}

file.addEventListener("change", () => {
  file.setCustomValidity(tooLarge() ? file.dataset.tooLarge : "");
  file.reportValidity();
});

file.form.addEventListener("submit", (event) => {
  if (tooLarge()) {
    event.preventDefault();
    file.reportValidity();
  }
});

// What the admin's own widgets leave without a name for people who listen to the page.
"use strict";

function nameWidgets() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const shown = document.getElementById(`select2-${select.id}-container`);
    if (label && shown) shown.setAttribute("aria-label", label.textContent.trim().replace(/:$/, ""));
  }
  for (const tip of document.querySelectorAll("span.help-tooltip[aria-label]")) tip.setAttribute("role", "img");
}

// Each kind of widget makes itself at another moment; those of jQuery wait in its own queue.
if (window.django && window.django.jQuery) window.django.jQuery(nameWidgets);
window.addEventListener("load", () => setTimeout(nameWidgets));
document.addEventListener("formset:added", () => setTimeout(nameWidgets));

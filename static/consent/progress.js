// Keeps a progress page up to date. Without JavaScript the page reloads itself.
"use strict";

const PAUSE = 2000;

async function look() {
  let fresh;
  try {
    const answer = await fetch(window.location.href, { credentials: "same-origin" });
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-progress]");
  } catch {
    setTimeout(look, 5 * PAUSE); // the server may be restarting
    return;
  }
  if (!fresh) {
    window.location.reload();
    return;
  }
  const shown = document.querySelector("[data-progress]");
  const text = fresh.querySelector("[role=status]").textContent;
  if (shown.querySelector("[role=status]").textContent !== text) {
    shown.querySelector("[role=status]").textContent = text;
  }
  const [bar, now] = [shown, fresh].map((part) => part.querySelector("progress"));
  if (now.hasAttribute("value")) {
    bar.max = now.max;
    bar.value = now.value;
  }
  setTimeout(look, PAUSE);
}

setTimeout(look, PAUSE);

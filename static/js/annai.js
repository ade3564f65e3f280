// After htmx has replaced <main>: move the focus to what changed, and say the message aloud.
document.addEventListener("htmx:after:swap", () => {
  const main = document.getElementById("main");
  const changed = main.querySelector("[data-focus]") || main.querySelector("h1");
  changed?.focus();
  const message = main.querySelector("[data-announce]");
  document.getElementById("announcement").textContent = message ? message.innerText : "";
});

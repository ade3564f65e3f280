// A picture wider than the screen begins where today is.
for (const picture of document.querySelectorAll(".timeline-scroll")) {
  const today = picture.querySelector(".timeline-today");
  const place = (parseFloat(today.getAttribute("x1")) / 100) * picture.scrollWidth;
  picture.scrollLeft = place - picture.clientWidth / 2;
}

// After htmx has replaced <main>: move the focus to what changed, and say the message aloud.
document.addEventListener("htmx:after:swap", () => {
  const main = document.getElementById("main");
  const changed = main.querySelector("[data-focus]") || main.querySelector("h1");
  changed?.focus();
  const message = main.querySelector("[data-announce]");
  document.getElementById("announcement").textContent = message ? message.innerText : "";
});

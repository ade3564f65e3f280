// A picture wider than the screen begins where today is.
for (const picture of document.querySelectorAll(".timeline-scroll")) {
  const today = picture.querySelector(".timeline-today");
  const place = (parseFloat(today.getAttribute("x1")) / 100) * picture.scrollWidth;
  picture.scrollLeft = place - picture.clientWidth / 2;
}

// After htmx has replaced <main> or the line of opinions: move the focus to what must be mended, else
// to what changed there, and say the message aloud.
let aside = null;
document.addEventListener("htmx:before:swap", (event) => {
  aside = event.detail.ctx.target.closest("aside");
});
document.addEventListener("htmx:after:swap", () => {
  const main = document.getElementById("main");
  const part = aside || main;
  const changed = part.querySelector("[role=alert], [data-focus]") || main.querySelector("h1");
  changed?.focus();
  const message = main.querySelector("[data-announce]");
  document.getElementById("announcement").textContent = message ? message.innerText : "";
});

// How wide the page was when somebody gives an opinion on it; the width itself is nobody's business.
for (const field of document.querySelectorAll(".opinion [name=width]")) {
  field.value = innerWidth < 600 ? "narrow" : innerWidth < 1000 ? "medium" : "wide";
}

// While the demo's clock is on its way: show how far it is, and load the page anew on arrival.
const EVERY = 1000; // milliseconds

async function look() {
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = (selector) => page.querySelector(selector);
    if (answer.ok && !part("#walk")) return location.reload();
    document.querySelector("#walk .now").replaceChildren(...part("#walk .now").childNodes);
    const progress = document.querySelector("#walk progress");
    if (progress) progress.value = part("#walk progress").value;
  } catch {
    // The web server is busy or away for a moment: look again.
  }
  setTimeout(look, EVERY);
}
setTimeout(look, EVERY);

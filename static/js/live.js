// The page of what people say now: its part is asked for again every five seconds, while somebody
// looks at it and has not stopped it. Without this there is the link.
(() => {
  const part = document.getElementById("live");
  const button = document.getElementById("live-moves");
  const silent = document.getElementById("live-silent");
  const heard = document.getElementById("live-heard");
  const EVERY = 5000;
  const SAID_EVERY = 60000; // who listens is told of new answers once a minute at most
  let moves = localStorage.getItem("live") !== "off";
  let said = { count: 0, at: 0 };

  const look = () => {
    if (moves && !document.hidden) htmx.trigger(part, "annai:look");
  };
  const show = () => {
    button.textContent = moves ? button.dataset.stop : button.dataset.goOn;
    document.getElementById("live-stopped").hidden = moves;
  };
  htmx.config.morphIgnore.push("open"); // what somebody opened or closed stays so
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    moves = !moves;
    localStorage.setItem("live", moves ? "on" : "off");
    show();
    look();
  });
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);

  const tell = (element, words) => {
    if (element.textContent !== words) element.textContent = words;
  };
  // The sign-in page, or an error, never takes the place of the numbers.
  part.addEventListener("htmx:before:swap", (event) => {
    if (event.detail.ctx.text.includes('id="live-at"')) return tell(silent, "");
    event.preventDefault();
    tell(silent, silent.dataset.words);
  });
  part.addEventListener("htmx:error", () => tell(silent, silent.dataset.words));
  part.addEventListener("htmx:after:swap", () => {
    const words = document.getElementById("live-new");
    const count = Number(words.dataset.new);
    if (count === said.count || Date.now() - said.at < SAID_EVERY) return;
    said = { count, at: Date.now() };
    heard.textContent = words.textContent;
  });
})();

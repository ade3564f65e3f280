// The queue and a case by keyboard. Without this all works by Tab and Enter.
(() => {
  const links = [...document.querySelectorAll("#case-list tbody a")];
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  // Single keys can be turned off, for who speaks to the browser (WCAG 2.1.4).
  const choice = document.getElementById("keys");
  choice.checked = localStorage.getItem("keys") !== "off";
  choice.closest("[hidden]").hidden = false;
  choice.addEventListener("change", () => {
    localStorage.setItem("keys", choice.checked ? "on" : "off");
  });
  document.addEventListener("keydown", (event) => {
    if (!choice.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) return;
    if (event.key === "j" || event.key === "k") {
      const at = links.indexOf(document.activeElement);
      const to = links[at === -1 ? 0 : at + (event.key === "j" ? 1 : -1)];
      if (to) to.focus();
    }
    const pressed = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (pressed) {
      event.preventDefault();
      if (pressed.matches("button, a")) pressed.click();
      else pressed.focus();
    }
  });
  // A text to begin with, put below what is typed; without this the server does it.
  const begin = document.getElementById("begin-with");
  if (begin) {
    begin.addEventListener("click", (event) => {
      event.preventDefault();
      const chosen = document.getElementById("template").selectedOptions[0].dataset.text;
      const text = document.getElementById("id_message");
      text.value = [text.value.trim(), chosen].filter(Boolean).join("\n\n");
      text.focus();
    });
  }
})();
